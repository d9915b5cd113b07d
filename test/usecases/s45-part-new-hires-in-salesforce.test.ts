import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addPerson, changePerson } from '../support/evidence.ts';
import {
  assertInside,
  type Configure,
  enter,
  findUser,
  lines,
  query,
  run,
  salesforceState,
  TARGET,
  type Tree,
  targetOf,
  todaysClock,
  userWith,
  withRoles,
} from '../support/salesforce.ts';
import { startWorld, type World } from '../support/world.ts';

// S45, the part of Salesforce: function, location and manager of new hires pick licence, profile and permission sets,
// and all of it is played through before anything is real. Being there before the first sign-in is tested elsewhere.

/** Function → job, location → region: the rule table. */
const TABLES = {
  job: { Sales: 'seller', 'Sales Management': 'lead', 'Dealer Support': 'agent', Finance: 'reader' },
  region: { Hamburg: 'emea', Lyon: 'emea', Boston: 'na', Chicago: 'na' },
};
const ROLES = {
  seller: { profile: 'Halden Sales', permissionSetGroups: ['Halden_Sales_Representative'] },
  lead: { profile: 'Halden Sales', permissionSetGroups: ['Halden_Sales_Lead'] },
  agent: {
    ...{ profile: 'Standard User', permissionSetGroups: ['Halden_Service_Agent'] },
    ...{ permissionSetLicenses: ['SalesConsoleUser'], queues: ['Dealer_Support'] },
  },
  reader: { profile: 'Minimum Access - Salesforce' },
  emea: { role: 'Sales_EMEA', territories: [{ name: 'EMEA' }] },
  na: { role: 'Sales_North_America', territories: [{ name: 'North_America' }] },
  pilot: { permissionSets: ['Halden_Forecasts'] },
};
const hasJob = 'person.department in tables.job';
const live: Configure = withRoles(
  ROLES,
  [
    ...['seller', 'lead', 'agent', 'reader'].map((job) => ({
      ...{ id: job, roles: [job] },
      when: `${hasJob} && tables.job[person.department] == "${job}"`,
    })),
    ...['emea', 'na'].map((region) => ({
      ...{ id: region, roles: [region] },
      when: `${hasJob} && tables.job[person.department] != "reader" && has(person.site) && person.site in tables.region && tables.region[person.site] == "${region}"`,
    })),
    {
      id: 'pilot',
      roles: ['pilot'],
      when: `${hasJob} && has(person.manager) && person.manager == "ines@halden.example"`,
    },
  ],
  (config: Tree) => {
    config.tables = TABLES;
    Object.assign(config.attributes, { site: 'string', manager: 'string' });
    Object.assign(config.connections[0].attributes, { site: 'site', manager: 'manager' });
    targetOf(config).regional.locale.default = 'en_IE';
  },
);
/** Salesforce as it was before: nobody new has anything there, but what the directory says is kept already. */
const before: Configure = (config: Tree) => {
  live(config);
  config.rules = config.rules.filter(({ id }: Tree) => !(id in ROLES));
};

type Hire = {
  readonly login: string;
  readonly department: string;
  readonly site: string;
  readonly manager: string;
};
const hire = (login: string, department: string, site: string, manager = 'sam'): Hire => ({
  ...{ login, department, site, manager: `${manager}@halden.example` },
});
const HIRES = [
  hire('anna', 'Sales', 'Hamburg'),
  hire('bela', 'Sales', 'Chicago'),
  hire('cleo', 'Sales', 'Lyon', 'ines'),
  hire('dana', 'Sales Management', 'Boston'),
  hire('emil', 'Sales Management', 'Hamburg', 'ines'),
  hire('fred', 'Dealer Support', 'Lyon'),
  hire('gina', 'Finance', 'Boston'),
  hire('hugo', 'Sales', 'Atlantis'),
  hire('iris', 'Gardening', 'Hamburg', 'ines'),
  hire('jörg', 'Sales', 'Hamburg'),
];
const mailOf = (login: string): string => `${login.replace('ö', 'oe')}@halden.example`;

/** What the table means for each, by hand: profile, place, sets, groups of sets, licence, territory. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  anna: ['Halden Sales', 'Sales_EMEA', '', 'Halden_Sales_Representative', '', 'EMEA'],
  bela: ['Halden Sales', 'Sales_North_America', '', 'Halden_Sales_Representative', '', 'North_America'],
  cleo: ['Halden Sales', 'Sales_EMEA', 'Halden_Forecasts', 'Halden_Sales_Representative', '', 'EMEA'],
  dana: ['Halden Sales', 'Sales_North_America', '', 'Halden_Sales_Lead', '', 'North_America'],
  emil: ['Halden Sales', 'Sales_EMEA', 'Halden_Forecasts', 'Halden_Sales_Lead', '', 'EMEA'],
  fred: ['Standard User', 'Sales_EMEA', '', 'Halden_Service_Agent', 'SalesConsoleUser', 'EMEA'],
  gina: ['Minimum Access - Salesforce', '', '', '', '', ''],
  hugo: ['Halden Sales', '', '', 'Halden_Sales_Representative', '', ''],
  jörg: ['Halden Sales', 'Sales_EMEA', '', 'Halden_Sales_Representative', '', 'EMEA'],
};

type Planned = {
  readonly person: string;
  readonly what: string;
  readonly changes: readonly { readonly field: string; readonly to?: unknown }[];
};

/** Ten people are new in the directory, and have looked at the wiki: the broker knows them. */
async function startWithHires(): Promise<World> {
  const world = await startWorld({ configure: before, clock: todaysClock() });
  for (const { login, department, site, manager } of HIRES) {
    await addPerson(world, {
      ...{ login, department, mail: mailOf(login), groups: ['newcomers@staff'] },
      ...{ givenName: login, familyName: 'Newcomer', more: { site, manager } },
    });
    const page = await world.signIn(world.browser(), login, '/launch/wiki');
    assert.equal(page.url.hostname, 'wiki.localhost');
  }
  return world;
}

async function planOf(world: World): Promise<Readonly<Record<string, Planned>>> {
  const { code, out, err } = await world.vestibule(['plan', TARGET, '--json'], live);
  assert.equal(code, 0, err);
  return Object.fromEntries(
    lines<Planned>(out).map((planned) => {
      const name = planned.changes.find(({ field }) => field === 'firstName')?.to;
      return [String(name), planned];
    }),
  );
}

const SHOWN = [
  'profile',
  'role',
  'permissionSets',
  'permissionSetGroups',
  'permissionSetLicenses',
  'territories',
];

function rightsIn({ changes }: Planned): readonly string[] {
  return SHOWN.map((name) => String(changes.find(({ field }) => field === name)?.to ?? ''));
}

test('the table is played through for ten hires before it is real: nine get what it says, one gets nothing, nobody is made', async () => {
  await using world = await startWithHires();
  const { users, apiUsage } = await salesforceState(world);

  const plan = await planOf(world);

  assert.deepEqual(
    Object.fromEntries(Object.entries(plan).map(([name, planned]) => [name, rightsIn(planned)])),
    EXPECTED,
  );
  assert.ok(Object.values(plan).every(({ what }) => what === 'create'));
  const after = await salesforceState(world);
  assert.deepEqual([after.users.length, after.apiUsage.used], [users.length, apiUsage.used]);
  assert.deepEqual(
    lines(await run(world, 'plan', TARGET, '--json')),
    [],
    'what is in force gives nobody anything',
  );
});

test('once it is real, each hire is read back as the plan had said', async () => {
  await using world = await startWithHires();
  const plan = await planOf(world);

  await world.apply(live);

  for (const { login } of HIRES) {
    const page = await enter(world, login);
    const planned = plan[login];
    if (!planned) {
      assert.equal(page.status, 403, login);
      assert.equal(await findUser(world, mailOf(login)), undefined);
      continue;
    }
    const user = await userWith(world, mailOf(login));
    assertInside(page, user.username);
    const { profile, role, permissionSets, permissionSetGroups, permissionSetLicenses, territories } = user;
    const read = [
      profile,
      role ?? '',
      permissionSets,
      permissionSetGroups,
      permissionSetLicenses,
      territories,
    ];
    assert.deepEqual(read.map(String), rightsIn(planned), login);
  }
  const locales = await query(world, "SELECT Id, LocaleSidKey FROM User WHERE LastName = 'Newcomer'");
  assert.deepEqual(new Set(locales.map(({ LocaleSidKey }) => LocaleSidKey)), new Set(['en_IE']));
});

test('a hire whom Salesforce could not take is told by the plan', async () => {
  await using world = await startWithHires();
  await changePerson(world, 'anna', { mail: 'anna at halden' });
  await world.signIn(world.browser(), 'anna', '/launch/wiki');

  const { out } = await world.vestibule(['plan', TARGET], live);

  assert.match(out, /! anna Newcomer .* refused: provisioning\.mail_invalid/);
  assert.match(out, /8 create, 1 refused/);
});
