import { z } from 'zod';
import { DAY } from '../../../base/index.ts';
import { duration, secret, url } from '../../../platform/config/index.ts';
import { commonSettings, rungDelay } from '../../connector/target-policy.ts';

const Source = z
  .string()
  .min(1)
  .describe('login, displayName, department, company, phone or attributes.NAME of the person.');
const ApiName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, 'use the API name, such as Region__c');
const Name = z.string().min(1).max(255);

const JwtBearer = z
  .strictObject({
    flow: z.literal('jwt-bearer'),
    username: z.string().min(3).max(80).describe('Username of the user whom the integration runs as.'),
    audience: url()
      .prefault('https://login.salesforce.com')
      .describe('https://test.salesforce.com for sandboxes; it cannot be told from the host.'),
    keys: z
      .array(
        z.strictObject({
          clientId: z.string().min(1).describe('Consumer key of the External Client App.'),
          privateKey: secret().describe('RSA key in PEM whose certificate the app was given.'),
        }),
      )
      .min(1)
      .describe('Newest first, so that they can rotate.'),
  })
  .meta({ title: 'JWT bearer' });

const ClientCredentials = z
  .strictObject({
    flow: z.literal('client-credentials'),
    clients: z
      .array(z.strictObject({ clientId: z.string().min(1), clientSecret: secret() }))
      .min(1)
      .describe('Consumer keys and secrets of External Client Apps, newest first.'),
  })
  .meta({ title: 'Client credentials' });

const PicklistValue = z.string().min(1).max(40);
/** A restricted picklist of User: what new users get, and where a person’s own value comes from. */
const Regional = z.strictObject({ default: PicklistValue, from: Source.optional() });
const regionalOr = (fallback: string) =>
  z.strictObject({ default: PicklistValue.default(fallback), from: Source.optional() }).prefault({});

/** A Salesforce organization as the place where users live. */
export const SalesforceTarget = z
  .strictObject({
    url: url().describe('My Domain of the organization, such as https://example.my.salesforce.com.'),
    apiVersion: z.int().min(52).max(200).default(66).describe('Version of the REST API that is spoken.'),
    auth: z.discriminatedUnion('flow', [JwtBearer, ClientCredentials]),
    ...commonSettings,
    username: z
      .string()
      .min(3)
      .max(200)
      .default('{mail}')
      .describe(
        'Template for usernames, which are unique over all organizations of the world: {mail}, {mail.local}, {mail.domain}, {login}, {id}. If one is taken, a number goes before the @. Never changed later.',
      ),
    regional: z
      .strictObject({
        timeZone: Regional,
        locale: Regional,
        language: regionalOr('en_US'),
        encoding: regionalOr('UTF-8'),
      })
      .describe('Time zone, locale, language and mail encoding; Salesforce needs all four.'),
    fields: z
      .record(ApiName, Source)
      .default({ Department: 'department', Phone: 'phone' })
      .describe('Field of User → where its value comes from.'),
    manager: Source.optional().describe('Where the Federation ID or mail address of the manager stands.'),
    contacts: z
      .strictObject({
        field: ApiName.default('Vestibule_Id__c').describe(
          'Field of Contact (text, unique, external id) that carries the person’s id: only a contact with it is theirs.',
        ),
        onExisting: z
          .enum(['refuse', 'make'])
          .default('refuse')
          .describe(
            'What a contact with the same mail address and without the id means: people must say whose it is, or a new one is made beside it.',
          ),
      })
      .prefault({})
      .describe('Contacts that people with partnerAccount come from.'),
    sponsor: Source.optional().describe('Outside people need a value here: who answers for them.'),
    authority: z
      .record(z.string(), z.enum(['directory', 'first', 'target']))
      .default({})
      .describe(
        'Whose value counts, for mail, firstName, lastName, alias, manager, timeZone, locale, language, encoding or fields.NAME.',
      ),
    expiryGrace: duration({ max: 30 * DAY })
      .prefault('1h')
      .describe(
        'Permission sets expire by themselves so long after access ends, should nobody take them away.',
      ),
    ladder: z
      .strictObject({
        revokeAfter: rungDelay().prefault('0s').describe('Sessions and OAuth tokens are ended.'),
        unassignAfter: rungDelay().prefault('1d').describe('Permission sets, groups and licences are taken.'),
        deactivateAfter: rungDelay().prefault('7d').describe('The user is deactivated, the licence is free.'),
      })
      .prefault({})
      .describe('After the final end of access; the user is frozen at once.'),
    holdings: z
      .array(
        z.strictObject({
          object: ApiName,
          name: ApiName.default('Name').describe('Field that people know a record by.'),
          onlyOpen: z.boolean().default(false).describe('Only records whose IsClosed is false.'),
        }),
      )
      .max(20)
      .default([
        { object: 'Opportunity', name: 'Name', onlyOpen: true },
        { object: 'Case', name: 'CaseNumber', onlyOpen: true },
      ])
      .describe('Records that somebody else should take over before their owner goes.'),
    protectedProfiles: z
      .array(Name)
      .default(['System Administrator'])
      .describe(
        'Users with these profiles are never changed, and neither is anybody who may modify all data or manage users.',
      ),
    apiReserve: z
      .number()
      .min(0)
      .max(0.9)
      .default(0.1)
      .describe('Share of the daily API calls that background work leaves to sign-ins and other clients.'),
  })
  .meta({ title: 'Salesforce organization' });
export type SalesforceTarget = z.infer<typeof SalesforceTarget>;

export const TERRITORY_ROLES = ['Owner', 'Administrator', 'Sales Rep'] as const;

const names = (what: string) => z.array(Name).max(50).default([]).describe(what);

/** What a role stands for. Parsing what was parsed gives the same. */
export const SalesforceRole = z
  .strictObject({
    profile: Name.optional().describe('Name of the profile. The first role that has one decides.'),
    external: z
      .boolean()
      .default(false)
      .describe('For partners and contractors: external profile, an end date is required.'),
    partnerAccount: Name.optional().describe(
      'With external: name of the account to which the person’s contact belongs; found by the field of contacts, or made.',
    ),
    role: Name.optional().describe('Developer name of the place in the role hierarchy.'),
    permissionSets: names('API names of permission sets.'),
    permissionSetGroups: names('Developer names of permission set groups.'),
    permissionSetLicenses: names('Developer names of permission set licences.'),
    groups: names('Developer names of public groups.'),
    queues: names('Developer names of queues.'),
    territories: z
      .array(z.strictObject({ name: Name, role: z.enum(TERRITORY_ROLES).optional() }))
      .max(50)
      .default([])
      .describe('Developer names of territories of the active model, with the role there.'),
  })
  .superRefine((role, context) => {
    if (!role.external) {
      if (role.partnerAccount === undefined) return;
      const message = 'is for people from outside; remove it, or add external: true';
      context.addIssue({ code: 'custom', path: ['partnerAccount'], message });
      return;
    }
    if (role.profile === undefined) {
      context.addIssue({ code: 'custom', path: ['profile'], message: 'missing; name an external profile' });
    }
    if (role.role !== undefined) {
      const message = 'people from outside have no place in the role hierarchy; remove it';
      context.addIssue({ code: 'custom', path: ['role'], message });
    }
    for (const field of ['queues', 'territories'] as const) {
      if (role[field].length === 0) continue;
      context.addIssue({ code: 'custom', path: [field], message: 'are for employees; remove them' });
    }
  })
  .meta({ title: 'Meaning in Salesforce' });
export type SalesforceRole = z.infer<typeof SalesforceRole>;
