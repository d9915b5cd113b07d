import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { desiredImage, makeAccount, settle } from './scim-driver.ts';
import { EDITOR, READER, type ScimWorldOptions, startScimTarget } from './scim-world.ts';

/** Servers that differ from the plain way of the RFC, alone and together. */
const SERVERS: readonly (readonly [string, ScimWorldOptions['positions'], ScimWorldOptions['settings']?])[] =
  [
    ['as the RFCs say', {}],
    ['without PATCH', { scimPatch: 'answers-501' }],
    [
      'without PATCH, which the configuration knows',
      { scimPatch: 'answers-405' },
      { server: { patch: 'no' } },
    ],
    ['without PATCH, a PUT merges', { scimPatch: 'answers-405', scimPut: 'merges' }],
    ['a PATCH answers nothing', { scimPatchAnswer: '204' }],
    ['operations in lower case only', { scimPatchOp: 'lower' }],
    ['operations capitalised only', { scimPatchOp: 'capitalised' }],
    [
      'operations capitalised, which the configuration knows',
      { scimPatchOp: 'capitalised' },
      { server: { ops: 'capitalised' } },
    ],
    ['active as text', { scimActiveInPatch: 'text' }],
    ['active as text, operations capitalised', { scimActiveInPatch: 'text', scimPatchOp: 'capitalised' }],
    ['members by replacement', { scimMembersPatch: 'replace-only' }],
    [
      'members by replacement, as configured',
      { scimMembersPatch: 'replace-only' },
      { server: { members: 'replace' } },
    ],
    [
      'empty groups show no members',
      { scimEmptyMembers: 'omitted', scimMembersPatch: 'replace-only', scimPatchOp: 'capitalised' },
    ],
    ['removing nothing is fine', { scimRemoveOfNothing: 'accepted', scimRemoveWithValue: 'removes-those' }],
    ['no ETags', { scimEtags: 'absent' }],
    ['filters by userName alone', { scimFilters: 'userName-eq' }],
    ['no filters', { scimFilters: 'none', scimPageCap: 2 }],
    ['filters ignored', { scimFilters: 'ignored', scimPageCap: 2 }],
    ['filters ignored, pages by cursor', { scimFilters: 'ignored', scimPageCap: 2, scimPaging: 'cursor' }],
    ['user names in lower case', { scimUserNames: 'lowered' }],
    ['strict about attributes and types', { scimUnknownAttributes: 'refused', scimMediaType: 'scim+json' }],
    ['memberships read by filter', {}, { server: { membership: 'filter' } }],
    ['memberships read in the groups', {}, { server: { membership: 'members' } }],
    ['memberships read in the account', {}, { server: { membership: 'user' } }],
    [
      'poor in every way',
      {
        ...{ scimPatch: 'answers-405', scimFilters: 'none', scimEtags: 'absent', scimPageCap: 2 },
        ...{ scimUserNames: 'lowered', scimEmptyMembers: 'omitted', scimDuplicate: '400' },
      },
    ],
  ];

suite('a person comes, changes, goes and comes back', () => {
  for (const [name, positions, settings] of SERVERS) {
    test(name, async () => {
      await using world = await startScimTarget({
        ...(positions && { positions }),
        ...(settings && { settings }),
      });
      const { target } = world;
      for (const group of ['Administrators', 'Readers']) {
        world.act('set-members', { group, members: ['archive@halden.example'] });
      }
      const person = world.person({ mail: `Wanda.${name.length}@halden.example` });

      const id = await makeAccount(target, person, EDITOR);
      const groups = [...world.groupsOf(id)];
      await settle(
        target,
        id,
        desiredImage(target, { ...person, phone: '+49 1', familyName: 'Berg', department: 'Sales' }, READER),
      );
      const fewer = [...world.groupsOf(id)];
      await settle(target, id, target.ladder[0]?.image ?? {});
      const closed = world.user(id)?.['active'];
      await settle(target, id, desiredImage(target, person, EDITOR));

      assert.deepEqual([groups.sort(), fewer, closed], [['Editors', 'Readers'], ['Readers'], false]);
      assert.equal(world.user(id)?.['active'], true);
      assert.deepEqual([...world.groupsOf(id)].sort(), ['Editors', 'Readers']);
      const archive = world.users().find(({ userName }) => userName === 'archive@halden.example');
      assert.deepEqual(
        [...world.groupsOf(archive?.id ?? '')].sort(),
        ['Administrators', 'Editors', 'Readers'],
        'others stay members',
      );
    });
  }
});
