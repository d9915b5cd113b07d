/** Data of every page, as the routes give it: a usual case first, then the edges that a layout breaks on. */
type Data = Readonly<Record<string, unknown>>;

const at = (iso: string, text: string): { iso: string; text: string } => ({ iso, text });
const reference = 'ref_0199a1c2f3b47d5e8a90';

const started = at('2026-03-02T08:12:00.000Z', 'today, 09:12');
const laterToday = at('2026-03-02T17:00:00.000Z', 'today, 18:00');

function initials(title: string): string {
  const words = title.split(' ');
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0))
    .join('')
    .toUpperCase();
}

export function tile(id: string, title: string, hue: number, more: Data = {}): Data {
  return {
    id,
    title,
    description: 'Catalogue, prices and promotions',
    kind: 'bigcommerce-storefront',
    href: `/launch/${id}`,
    role: 'Merchandiser',
    ends: null,
    initials: initials(title),
    hue,
    ...more,
  };
}

const threeTiles = [
  tile('store-emea', 'Halden EMEA', 6),
  tile('store-na', 'Halden North America', 0, {
    role: 'Store manager',
    ends: { ...at('2026-03-20T00:00:00.000Z', '20 March 2026'), left: '18 days left', share: 0.6 },
  }),
  tile('iconik', 'iconik', 9, {
    kind: 'iconik',
    description: 'Pictures and films',
    role: 'Editor',
    ends: { ...laterToday, left: '8 hours left', share: 0.05 },
  }),
];

const manyTitles = [
  'Halden EMEA',
  'Halden North America',
  'Halden Outlet',
  'Halden Japan',
  'Halden Nordics',
  'Halden B2B',
  'Control panel EMEA',
  'iconik',
  'Salesforce',
  'Wiki',
  'Travel',
  'Price desk',
  'Returns',
  'Zürich café pilot',
];
const manyKinds = [
  'bigcommerce-storefront',
  'bigcommerce-b2b',
  'bigcommerce-control-panel',
  'iconik',
  'salesforce',
  'oidc',
  'saml',
];

const session = {
  id: 'ses_1',
  current: true,
  connection: 'Halden staff directory',
  started,
  ends: laterToday,
  device: 'Firefox on Windows',
  endAction: '/sessions/ses_1/end',
};

const launchpad = {
  person: { name: 'Mira Lindqvist', login: 'mira' },
  tiles: threeTiles,
  closed: [
    {
      title: 'Halden Outlet',
      reason:
        'Open to your role on weekdays from 08:00 to 18:00 (Berlin). It opens again on Tuesday at 08:00.',
    },
    { title: 'Salesforce', reason: 'Your access ended on 28 February 2026.' },
  ],
  sessions: [
    session,
    { ...session, id: 'ses_2', current: false, device: 'Safari on iPad', endAction: '/sessions/ses_2/end' },
  ],
  history: [
    { at: started, text: 'Opened Halden EMEA', outcome: 'success', reference },
    {
      at: at('2026-03-02T07:58:00.000Z', 'today, 08:58'),
      text: 'Was not let into Halden Outlet',
      outcome: 'refused',
      reference,
    },
    {
      at: at('2026-03-01T15:00:00.000Z', 'yesterday, 16:00'),
      text: 'Could not reach Salesforce',
      outcome: 'failed',
      reference,
    },
  ],
  signOutAction: '/logout/now',
  notice: null,
};

const long = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
const longSentence = `${long} sells parts for paddle steamers, with a sentence of description that is far longer than a tile has room for and must wrap.`;

const preparing = {
  relyingParty: { title: 'Halden Europe' },
  headline: 'Halden Europe is not ready for you yet',
  reason:
    'Halden Europe could not prepare your account just now. Nothing is lost, and nothing was left half-done.',
  again: { href: '/launch/store-emea?to=%2Fpromo&looks=1', seconds: 2 },
  reference,
  person: { name: 'Mira Lindqvist' },
  links: [{ href: '/', text: 'Stores and apps' }],
};

const refused = {
  relyingParty: { title: 'Halden North America' },
  headline: 'You have no access to this store',
  reason: 'This store is for people of region NA; your region in the directory is EMEA.',
  next: [
    'If your region is wrong, ask your manager to correct it in the directory.',
    'If you need both, ask Ines Varga, who manages this store.',
  ],
  reference,
  opensAt: null,
  person: { name: 'Mira Lindqvist' },
  links: [
    { href: '/', text: 'See what you can open' },
    { href: '/logout', text: 'Sign in as someone else' },
  ],
};

const connections = [
  { id: 'otds', title: 'Halden staff', href: '/login/otds' },
  { id: 'access-manager', title: 'Partners and agencies', href: '/login/access-manager' },
];

const choose = {
  going: { title: 'Halden EMEA' },
  connections,
  mailRouting: true,
  hint: '',
  problem: null,
  formAction: '/login/route',
};

const party = (title: string, state: string, text: string, href: string | null = null): Data => ({
  title,
  state,
  text,
  href,
});

/** Page name → case name → data. */
export const fixtures = {
  error: {
    usual: {
      status: 503,
      code: 'federation.unavailable',
      message: 'The sign-in service of Halden does not answer.',
      retryAfterSeconds: 30,
      reference,
    },
    'not found': {
      status: 404,
      code: 'http.not_found',
      message: 'There is no page at this address. The start page lists what you can open.',
      retryAfterSeconds: null,
      reference,
    },
    'without reference': {
      status: 500,
      code: 'http.internal',
      message: 'Something went wrong on our side.',
      retryAfterSeconds: null,
      reference: '',
    },
    'long wait': {
      status: 429,
      code: 'http.too_many',
      message: 'There were too many attempts from your address.',
      retryAfterSeconds: 600,
      reference,
    },
  },
  choose: {
    usual: choose,
    'connections only': { ...choose, mailRouting: false, going: null },
    'mail only, wrong': {
      ...choose,
      connections: [],
      hint: 'mira@halden.exampl',
      problem: 'We do not know the address halden.exampl. Check the part after the @.',
    },
    nothing: { ...choose, connections: [], mailRouting: false },
  },
  refused: {
    usual: refused,
    'opens later': {
      ...refused,
      headline: 'This store is closed to you right now',
      reason: 'Agencies may open it on weekdays from 08:00 to 18:00 (Berlin).',
      opensAt: at('2026-03-03T07:00:00.000Z', 'tomorrow, Tuesday 3 March, 08:00'),
      next: ['Come back then; you need not do anything before.'],
    },
    bare: { ...refused, relyingParty: null, person: null, next: [], links: [] },
    long: {
      ...refused,
      relyingParty: { title: long },
      headline: `You have no access to ${long}`,
      reason: longSentence,
      person: { name: long },
    },
  },
  preparing: {
    usual: preparing,
    'later, with a way back': {
      ...preparing,
      again: { href: '/login/request/oidc/handle?looks=9', seconds: 20 },
      person: null,
      links: [{ href: '/login/request/oidc/handle/refuse?why=denied', text: 'Back to Halden Wiki' }],
    },
    long: {
      ...preparing,
      relyingParty: { title: long },
      headline: `${long} is not ready for you yet`,
      reason: longSentence,
    },
  },
  launchpad: {
    usual: launchpad,
    many: {
      ...launchpad,
      person: { name: 'Ines Varga', login: 'ines' },
      notice: 'Access to Halden Nordics was added to your account.',
      tiles: manyTitles.map((title, index) =>
        tile(`rp-${index}`, title, (index * 5) % 12, { kind: manyKinds[index % manyKinds.length] }),
      ),
    },
    long: {
      ...launchpad,
      person: { name: `${long} the Third`, login: `${long}@partners.halden.example` },
      tiles: [
        tile('long', long, 0, {
          description: longSentence,
          role: long,
          ends: { ...laterToday, left: '8 hours left', share: 0.5 },
        }),
        ...threeTiles,
      ],
      closed: [{ title: long, reason: longSentence }],
      sessions: [{ ...session, device: `Mozilla/5.0 (${long}; x64) AppleWebKit/537.36`, connection: long }],
      history: [
        { at: started, text: longSentence, outcome: 'success', reference: `${reference}${reference}` },
      ],
    },
    'no login name': {
      ...launchpad,
      person: { name: 'Lena Holm', login: '' },
      tiles: [tile('bare', 'Wiki', 5, { role: '', description: '' })],
      sessions: [
        {
          ...session,
          started: at('2026-03-02T08:12:00.000Z', 'Monday 2 March 2026 at 08:12 UTC'),
          ends: at('2026-03-02T18:12:00.000Z', 'Monday 2 March 2026 at 18:12 UTC'),
        },
      ],
    },
    empty: {
      ...launchpad,
      person: { name: 'Lena Holm', login: 'lena' },
      tiles: [],
      closed: [],
      sessions: [session],
      history: [],
    },
    unicode: {
      ...launchpad,
      person: { name: 'Ólafur Þórðarson 山田', login: 'olu' },
      tiles: [
        tile('jp', 'ハルデン日本店', 11, { initials: '日本', role: '商品担当', description: null }),
        tile('ar', 'متجر هالدن', 3, { initials: 'م', role: 'محرر' }),
        tile('el', 'Χάλντεν Ελλάδα', 8, { initials: 'ΧΕ', role: 'Συντάκτης', description: '' }),
      ],
    },
  },
  'signed-out': {
    usual: {
      parties: [
        party('Salesforce', 'confirmed', 'Salesforce confirmed that your session there has ended.'),
        party('iconik', 'sent', 'We told iconik. It does not answer such messages.'),
        party('Wiki', 'no-answer', 'We told it, and heard nothing within 5 seconds.'),
        party(
          'Halden EMEA',
          'not-supported',
          'Stores keep their own session; sign out there to end it.',
          'https://store-emea.example/login.php?action=logout',
        ),
        party('Travel', 'still-open', 'It refused to end your session.', 'https://travel.example/logout'),
      ],
      upstream: {
        title: 'Halden staff directory',
        note: 'You may still be signed in there. Closing the browser ends that too.',
        href: null,
      },
      next: null,
      signInHref: '/',
    },
    'on the way': {
      parties: [
        party('Salesforce', 'confirmed', 'Salesforce confirmed that your session there has ended.'),
        party('iconik', 'waiting', 'It is asked through this browser.'),
      ],
      upstream: {
        title: 'Halden staff directory',
        note: 'You may still be signed in.',
        href: '/logout/abc/upstream',
      },
      next: { href: '/logout/abc/next', text: 'iconik', auto: true },
      signInHref: '/',
    },
    'came back without an answer': {
      parties: [party('iconik', 'no-answer', 'Your browser came back without an answer.')],
      upstream: null,
      next: { href: '/logout/abc/next', text: 'Wiki', auto: false },
      signInHref: '/',
    },
    'all ended': {
      parties: [party('Salesforce', 'confirmed', 'Confirmed at 18:02.')],
      upstream: null,
      next: null,
      signInHref: '/',
    },
    'nothing was open': { parties: [], upstream: null, next: null, signInHref: '/' },
  },
  'confirm-sign-out': {
    usual: { action: '/logout/now', request: null, parties: ['Halden EMEA', 'Salesforce', 'iconik'] },
    'asked for by an app': { action: '/logout/now', request: 'q0mVb', parties: ['Wiki'] },
    'nothing open': { action: '/logout/now', request: null, parties: [] },
  },
  continue: {
    usual: { href: 'https://store-emea.example/login/token/abc?a=1&b=2', text: 'Halden EMEA' },
  },
  post: {
    usual: {
      action: 'https://am.example.com/nidp/saml2/sso',
      fields: [
        { name: 'SAMLRequest', value: 'PHNhbWxwOkF1dGhuUmVxdWVzdC8+' },
        { name: 'RelayState', value: 'lgn_1' },
      ],
      title: 'Halden Access Manager',
    },
  },
  expired: {
    usual: {
      restartHref: '/launch/store-emea',
      title: 'Halden EMEA',
      reference: 'lgn_00000000000000000000000001',
    },
  },
} as const satisfies Record<string, Record<string, Data>>;

export type Page = keyof typeof fixtures;
