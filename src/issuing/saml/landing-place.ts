import { isStorePath } from '../bigcommerce-login/index.ts';

/** RelayState of a link: a path of the application, held to the rules of all landing places (R2.5). */
export function isLandingPlace(to: string): boolean {
  return isStorePath(to);
}
