import { Unavailable } from '../../base/index.ts';
import {
  type CustomerLogin,
  type CustomerLoginRequest,
  type CustomerLoginSettings,
  mintCustomerLogin,
} from './customer-login.ts';
import { storefrontSignOutUrl } from './sign-out.ts';
import { isStorePath } from './store-path.ts';

/** What the store's side of a relying party is, as configured and as measured. */
export type Storefront = {
  readonly target: string;
  readonly storeHash: string;
  readonly login: CustomerLoginSettings['login'];
  readonly channelId: number;
  /** Undefined until configured or told by the store. */
  readonly url: URL | undefined;
  /** The store's clock minus ours; 0 when it was never measured. */
  readonly clockOffsetMs: number;
};

type Customer = Pick<CustomerLoginRequest, 'externalId' | 'to' | 'now' | 'notAfter'>;

/** Enters one kind of relying party: storefronts. `storefrontOf` is asked at each sign-in, so changes count at once. */
export function createStorefrontIssuer(storefrontOf: (relyingParty: string) => Storefront | undefined) {
  const known = (relyingParty: string): Storefront & { url: URL } => {
    const storefront = storefrontOf(relyingParty);
    if (storefront?.url) return { ...storefront, url: storefront.url };
    throw new Unavailable({
      code: 'issuing.storefront_unknown',
      system: storefront?.target ?? relyingParty,
      publicMessage: 'The address of this store is not known yet. Try again in a minute.',
      detail: `${relyingParty}: set storefrontUrl, or wait until the store was asked`,
      retryAfterSeconds: 30,
    });
  };
  return {
    accepts: isStorePath,
    /** @throws Unavailable `issuing.storefront_unknown`; VestibuleError of `mintCustomerLogin`. */
    issue(relyingParty: string, customer: Customer): CustomerLogin {
      const { storeHash, login, url, channelId, clockOffsetMs } = known(relyingParty);
      return mintCustomerLogin({
        settings: { storeHash, login, storefrontUrl: url },
        ...customer,
        channelId,
        offsetMs: clockOffsetMs,
      });
    },
    signOutUrl(relyingParty: string): URL | undefined {
      const url = storefrontOf(relyingParty)?.url;
      return url && storefrontSignOutUrl(url);
    },
  };
}
