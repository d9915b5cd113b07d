import { refused, success } from './define.ts';

/** Who did it and by which way in: a person id when there is one. */
export type Actor = {
  readonly via: 'console' | 'api' | 'cli' | 'file' | 'system';
  readonly personId?: string;
  /** Client of the API, user of the operating system. */
  readonly name?: string;
};

/** The product looking after itself: configuration, keys, the log, unwanted traffic. */
export const operationsEvents = {
  configApplied: success<{
    readonly by: Actor;
    /** Objects by their path: `rules/agencies`. Secrets are named, never shown. */
    readonly added: readonly string[];
    readonly changed: readonly string[];
    readonly removed: readonly string[];
    /** SHA-256 of the configuration in force from here on. */
    readonly hash?: string;
  }>('config.applied'),

  configRefused: refused<{ readonly by: Actor; readonly problems: number }>('config.refused'),

  /** A new key: other systems can learn it before it signs. */
  keyPublished: success<{ readonly by: Actor; readonly purpose: string; readonly key: string }>(
    'key.published',
  ),

  keyRotated: success<{
    readonly by: Actor;
    readonly purpose: string;
    readonly from?: string;
    readonly to: string;
    /** Before the new key had been published for long enough. */
    readonly forced?: boolean;
  }>('key.rotated'),

  /** It signs no more, and is published until then. */
  keyRetired: success<{
    readonly by: Actor;
    readonly purpose: string;
    readonly key: string;
    readonly publishedUntil?: string;
  }>('key.retired'),

  /** It is published no more and its private part is gone. */
  keyDestroyed: success<{ readonly by: Actor; readonly purpose: string; readonly key: string }>(
    'key.destroyed',
  ),

  /** Once for each certificate and threshold. */
  certificateExpiresSoon: success<{
    /** Purpose of a key of ours, or whose certificate it is: `connection am`. */
    readonly of: string;
    /** Key id, or SHA-256 fingerprint of somebody else's. */
    readonly certificate: string;
    readonly notAfter: string;
    readonly daysLeft: number;
  }>('certificate.expires_soon'),

  adminActed: success<{ readonly by: Actor; readonly action: string; readonly object?: string }>(
    'admin.acted',
  ),

  adminRefused: refused<{ readonly by: Actor; readonly action: string }, { readonly address?: string }>(
    'admin.refused',
  ),

  /** A target was told to trust us as its identity provider; how many of its settings that changed. */
  targetSetUp: success<{ readonly by: Actor; readonly changes: number }>('target.set_up'),

  taskOpened: success<{ readonly task: string; readonly kind: string }>('task.opened'),

  taskClosed: success<{ readonly task: string; readonly by: string; readonly result: string }>('task.closed'),

  /** Hooks were made or put right in a target: how many, and whether with a new secret. */
  webhookRegistered: success<{ readonly by: Actor; readonly changes: number; readonly newSecret: boolean }>(
    'webhook.registered',
  ),

  webhookRemoved: success<{ readonly by: Actor; readonly hooks: number }>('webhook.removed'),

  /** A target told of an account of ours, which is looked at next. Once for what it tells within moments. */
  webhookAccepted: success<{
    readonly source: string;
    /** In the target's words. */
    readonly event: string;
    readonly account: string;
    readonly externalId: string;
  }>('webhook.accepted'),

  webhookRefused: refused<
    { readonly source: string; readonly reason: string },
    { readonly address?: string }
  >('webhook.refused'),

  /** The database was away; what follows was kept in the local spool, and its answers were withheld (R6.4). */
  logGap: success<{
    readonly from?: string;
    readonly to?: string;
    readonly events: number;
    /** Spooled lines that are cut short or not ours; the file is kept. */
    readonly unreadable: number;
    /** Spooled although the database had them: their answers were withheld all the same. */
    readonly alreadyRecorded: number;
    readonly alreadyRecordedIds: readonly string[];
  }>('log.gap'),

  logRead: success<{ readonly by: Actor; readonly what: string; readonly reason?: string }>('log.read'),

  logExported: success<{
    readonly by: Actor;
    readonly format: string;
    readonly from?: number;
    readonly to?: number;
    readonly person?: string;
    /** Personal values were opened for this export. */
    readonly reveal: boolean;
    readonly reason?: string;
  }>('log.exported'),

  /** What arrived before any valid transaction, once a minute for each kind and address (R6.3). */
  junkCounted: success<
    { readonly kind: string; readonly count: number; readonly minute: string },
    { readonly address: string }
  >('junk.counted'),
};
