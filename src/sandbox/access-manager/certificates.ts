import type { Keys } from '../keys.ts';
import { type Certified, certify } from '../saml/certificate.ts';

/** Self-signed certificates over the sandbox's keys. The same key always gets the same certificate. */
export interface Certificates {
  signing(): Promise<Certified>;
  nextSigning(): Promise<Certified>;
  encryption(): Promise<Certified>;
  /** In no metadata. */
  unknown(): Promise<Certified>;
  /** The next signing certificate becomes the present one. */
  rotate(): void;
  reset(): void;
}

export function createCertificates(keys: Keys): Certificates {
  const made = new Map<string, Promise<Certified>>();
  let number = 1;
  const named = (name: string): Promise<Certified> => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const certified = certify(keys, name, 'am.localhost');
    made.set(name, certified);
    return certified;
  };
  return {
    signing: () => named(`am-signing-${number}`),
    nextSigning: () => named(`am-signing-${number + 1}`),
    encryption: () => named('am-encryption'),
    unknown: () => named('am-unknown'),
    rotate: () => {
      number += 1;
    },
    reset: () => {
      number = 1;
    },
  };
}
