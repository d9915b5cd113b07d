import { z } from 'zod';
import type { Clock, Problem } from '../../../base/index.ts';
import type { HttpClient } from '../../../platform/http/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { Storefront, StorefrontTarget } from './config.ts';
import type { StoreApi } from './store-api.ts';

const FormFieldDefinition = z.object({
  type: z.enum([
    'checkboxes',
    'date',
    'multiline',
    'numbers',
    'password',
    'picklist',
    'radiobuttons',
    'text',
  ]),
  isRequired: z.boolean(),
  /** What can be chosen; empty where anything can be entered. */
  options: z.array(z.string()),
});

/** What is known about a store: ids of names, and where its channels are entered. Facts of older processes lack some. */
export const StoreFacts = z.object({
  groups: z.record(z.string(), z.int()),
  /** New customers get one of these by themselves. */
  defaultGroups: z.array(z.int()).default([]),
  attributes: z.record(z.string(), z.int()),
  attributeTypes: z.record(z.string(), z.string()).default({}),
  /** By name; empty when the sign-up form could not be read. */
  formFields: z.record(z.string(), FormFieldDefinition).default({}),
  sites: z.record(z.string(), z.string()),
  /** By channel: whether customers without a list of channels may enter. */
  globalLogins: z.record(z.string(), z.boolean()).default({}),
});
export type StoreFacts = z.infer<typeof StoreFacts>;

export const NO_FACTS: StoreFacts = StoreFacts.parse({ groups: {}, attributes: {}, sites: {} });

/** What reading a store's facts leans on. Problems are collected on the way. */
export type FactNeeds = {
  readonly id: string;
  readonly api: StoreApi;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: StorefrontTarget;
  readonly storefronts: readonly Storefront[];
  readonly problems: Problem[];
};
