import { amount, choice, createSwitches, onOff, override, type Switches } from '../frame/switches.ts';

const definitions = {
  basePath: choice(
    [
      '/otdsws',
      '/otds/otdsws',
      '/otdstenant/halden/otdsws',
      '/otdsws/otdstenant/halden',
      '/otdstenant/halden',
      '/tenants/halden',
    ],
    {
      explains: 'Where the server is deployed: plain, behind a prefix, multi-tenant in both orders, hosted.',
    },
  ),
  discovery: choice(['normal', 'oauth2-folder', 'missing', 'html'], {
    explains:
      'Where the discovery document is: at the base, only below /oauth2, nowhere (404), or an HTML page with status 200 instead.',
    assumption: true,
  }),
  trustForwardedHeaders: onOff(true, {
    explains: 'Whether X-Forwarded-Host and X-Forwarded-Proto shape the issuer and the published addresses.',
    assumption: true,
  }),
  issuerOverride: override({
    explains: 'A fixed issuer, instead of one made from the address that was called.',
  }),
  subject: choice(['uuid', 'login', 'login@partition'], {
    explains: 'What `sub` holds: the entryUUID, the login, or login and partition.',
    assumption: true,
  }),
  emailClaim: onOff(true, {
    explains: 'Whether the mail address is a claim. The demo set has it; a plain server need not.',
    assumption: true,
  }),
  customClaims: onOff(true, {
    explains:
      'A site’s own claim mapping: entryUUID, employeeNumber, department, company, phone, region, contractEnd, street, city, state, postalCode, country.',
    assumption: true,
  }),
  authenticationClaims: onOff(true, {
    explains: 'Whether `auth_time`, `acr` and `amr` are in the ID token.',
    assumption: true,
  }),
  omitGroups: onOff(false, { explains: 'No `grp`, although `otds:groups` was asked for.' }),
  pkce: choice(['verify', 'ignore', 'require'], {
    explains: 'Whether PKCE is checked when used, ignored as an unknown parameter, or demanded.',
    assumption: true,
  }),
  issParameter: onOff(false, {
    explains: 'Whether the authorization response names the issuer (RFC 9207), and discovery says so.',
    assumption: true,
  }),
  unlistedScopes: choice(['ignore', 'refuse'], {
    explains: 'What happens to scopes that the client is not allowed, `profile` and `email` among them.',
    assumption: true,
  }),
  clientAuthentication: choice(['both', 'post', 'basic'], {
    explains: 'How clients may authenticate at the token endpoint.',
  }),
  jsonTokenRequests: onOff(false, { explains: 'The hosted service also reads JSON at the token endpoint.' }),
  refreshTokens: choice(['rotate', 'reuse', 'none'], {
    explains: 'Whether a refresh gives a new refresh token, keeps the old one, or none are issued at all.',
    assumption: true,
  }),
  refreshWhenDisabled: choice(['refuse', 'allow'], {
    explains: 'Whether the refresh grant fails at once when the person is disabled.',
    assumption: true,
  }),
  logoutRedirect: choice(['honour', 'ignore'], {
    explains: 'Whether logout sends the browser to a registered post_logout_redirect_uri.',
    assumption: true,
  }),
  groupClaim: choice(['direct', 'with-nested'], {
    explains: 'Whether `grp` also names groups that a person is in through another group.',
    assumption: true,
  }),
  pageCookie: choice(['lasting', 'invalid-after-change'], {
    explains: 'Whether the cookie of a REST list survives a change in the directory.',
    assumption: true,
  }),
  locations: choice(['current', '16'], { explains: 'REST locations as today, or as in release 16.' }),
  clientMayRead: onOff(true, {
    explains: 'Whether the OAuth client has the right to read users and groups.',
  }),
  ticketSeconds: amount(3_600, { explains: 'Lifetime of a REST ticket.' }),
  scimPush: choice(['at-once', 'when-told', 'off'], {
    explains: 'Whether changes are pushed by SCIM at once, by the action settle-push, or not.',
  }),
  scimUpdate: choice(['put', 'patch'], {
    explains: 'Whether a changed user is sent whole or as a PATCH.',
    assumption: true,
  }),
  scimGroupUpdate: choice(['patch', 'put'], {
    explains: 'Whether a changed membership is a PATCH of one member or the whole group.',
    assumption: true,
  }),
  scimGroups: onOff(true, { explains: 'Whether the resource includes groups.' }),
  scimDisable: choice(['active-false', 'delete'], {
    explains: 'What the connector sends for a disabled user.',
    assumption: true,
  }),
  scimDelete: choice(['send', 'suppress'], {
    explains: 'Whether deletions are sent; OpenText’s samples switch them off.',
    assumption: true,
  }),
  scimOrder: choice(['in-order', 'newest-first', 'twice'], {
    explains: 'Hostile: changes that wait are sent in the wrong order, or each one twice.',
  }),
  backchannelLogout: onOff(false, {
    explains:
      'Whether logout tells the broker by OpenID Connect back-channel logout; `sid` is in ID tokens then.',
    assumption: true,
  }),
  logoutToken: choice(['right', 'sid-only', 'nobody', 'no-event', 'nonce', 'repeated', 'wrong-type'], {
    explains:
      'Logout token: with sub and sid, with sid only, or hostile: about nobody, without the event, with a nonce, with a jti that repeats, of another type.',
  }),
  lockAfterFailures: amount(0, {
    explains: 'How many wrong passwords in a row lock an account; 0 never does.',
  }),
  codeSeconds: amount(60, { explains: 'Lifetime of an authorization code.' }),
  accessTokenSeconds: amount(1_000, { explains: 'Lifetime of access and ID tokens.' }),
  refreshTokenSeconds: amount(20_000, { explains: 'Lifetime of refresh tokens.' }),
  sessionSeconds: amount(28_800, { explains: 'Lifetime of the browser session.' }),
  signature: choice(['normal', 'unknown-key', 'none', 'hs256-client-secret', 'hs256-public-key', 'broken'], {
    explains:
      'Hostile: ID tokens signed by a key that is not in the JWKS (with a kid that is), not at all, by HMAC with the client secret or with the public key as secret, or with one bit flipped.',
  }),
  audOverride: override({ explains: 'Hostile: another audience in ID tokens.' }),
  nonceOverride: override({ explains: 'Hostile: another nonce in ID tokens; "" leaves it out.' }),
  stateOverride: override({ explains: 'Hostile: another state in the authorization response.' }),
  codeReuse: onOff(false, { explains: 'Hostile: authorization codes work more than once.' }),
};

export type OtdsSwitches = Switches<typeof definitions>;
export const createOtdsSwitches = (): OtdsSwitches => createSwitches(definitions);
