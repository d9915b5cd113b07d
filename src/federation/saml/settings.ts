import type { KeyObject } from 'node:crypto';
import type { ContentEncryption } from '../../saml/index.ts';
import type { ContextNames } from '../context-names.ts';
import type { Mapping, PartitionRule } from '../mapping.ts';
import type { UpstreamCertificate } from '../upstream.ts';

export type SubjectRule =
  | { readonly kind: 'attribute'; readonly names: readonly string[] }
  | { readonly kind: 'persistent' };

/** Where trust in the upstream comes from. */
export type TrustSource =
  | {
      readonly kind: 'url';
      readonly url: URL;
      readonly intervalMs: number;
      readonly maxAgeMs: number;
    }
  | { readonly kind: 'metadata'; readonly xml: string }
  | {
      readonly kind: 'certificates';
      readonly entityId: string;
      readonly ssoUrl: URL;
      readonly sloUrl?: URL;
      readonly certificates: readonly string[];
    };

/** A SAML connection with its preset already applied. */
export type SamlSettings = {
  readonly id: string;
  readonly title: string;
  readonly mailDomains: readonly string[];
  /** Ways of signing in that applications may ask for. */
  readonly authnContexts: readonly string[];
  readonly contextNames: ContextNames;
  /** Our own entity id. */
  readonly spEntityId: string;
  readonly acsUrl: URL;
  /** Where we receive logout messages of this connection, by redirect and by POST. */
  readonly sloUrl: URL;
  readonly trust: TrustSource;
  /** Entity id of the upstream that metadata must be about. */
  readonly expectedEntityId?: string;
  /** Pinned keys for metadata signatures; empty: metadata is trusted for the way it came. */
  readonly metadataKeys: readonly KeyObject[];
  readonly binding: 'redirect' | 'post';
  readonly nameIdFormat?: string;
  readonly authnContext: readonly string[];
  readonly wantEncryptedAssertions: boolean;
  readonly offerEncryption: boolean;
  readonly acceptCbc: boolean;
  /** How the name is encrypted in our logout requests. */
  readonly encryptLogout: 'off' | ContentEncryption;
  readonly secondVerifier: boolean;
  readonly subject: SubjectRule;
  readonly mapping: Mapping;
  readonly partition?: PartitionRule;
  readonly toleranceMs: number;
  readonly allowInsecureLoopback: boolean;
};

/** Where an upstream takes logout messages. */
export type LogoutService = {
  readonly binding: 'redirect' | 'post';
  readonly url: URL;
  /** For our answers, where it is another address (SAML Metadata 2.2.2). */
  readonly responseUrl?: URL;
};

/** What is believed about the upstream now. */
export type UpstreamTrust = {
  readonly entityId: string;
  readonly ssoUrls: { readonly redirect?: URL; readonly post?: URL };
  /** Absent: it offers no single logout in the browser. */
  readonly slo?: LogoutService;
  /** Any of them may have signed: during an overlap there are two. */
  readonly keys: readonly KeyObject[];
  /** Around the keys. */
  readonly certificates?: readonly UpstreamCertificate[];
  /** Bare base64; to encrypt for. */
  readonly encryptionCertificate?: string;
  readonly validUntil?: Date;
  /** For how long its metadata wants to be kept before it is read again. */
  readonly cacheMs?: number;
};
