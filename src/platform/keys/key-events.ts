import type { Transaction } from '../database/index.ts';
import type { KeyPurpose } from './purposes.ts';

/** Who asked for a change: an administrator by some way in, or the product's own schedule. */
export type KeyActor = {
  readonly via: 'console' | 'api' | 'cli' | 'system';
  readonly personId?: string;
  readonly name?: string;
};

/** What happened to a signing key. Key ids and times only, never key material. */
export type KeyEvent =
  | { readonly kind: 'published'; readonly purpose: KeyPurpose; readonly key: string; readonly by: KeyActor }
  | {
      readonly kind: 'rotated';
      readonly purpose: KeyPurpose;
      readonly from?: string;
      readonly to: string;
      /** The next key had not been published for long enough; somebody wanted it all the same. */
      readonly forced: boolean;
      readonly by: KeyActor;
    }
  | {
      readonly kind: 'retired';
      readonly purpose: KeyPurpose;
      readonly key: string;
      readonly publishedUntil?: Date;
      readonly by: KeyActor;
    }
  | { readonly kind: 'destroyed'; readonly purpose: KeyPurpose; readonly key: string; readonly by: KeyActor }
  | {
      readonly kind: 'expires-soon';
      /** `saml-identity-provider`, or whose certificate it is: `connection am`. */
      readonly of: string;
      readonly certificate: string;
      readonly notAfter: Date;
      readonly daysLeft: number;
    };

/** Where changes are recorded, in the transaction of the change itself; the access log, in the product. */
export interface KeyEvents {
  record(trx: Transaction, events: readonly KeyEvent[]): Promise<void>;
}

export const noKeyEvents: KeyEvents = { record: () => Promise.resolve() };

export const SYSTEM: KeyActor = { via: 'system' };
