import type { Records, Row } from './records.ts';

const PUBLIC_GROUPS = ['All Sales', 'Sales EMEA', 'Sales North America', 'Price Book Readers'];
const QUEUES: readonly (readonly [name: string, object: string])[] = [
  ['Dealer Support', 'Case'],
  ['Inbound Leads', 'Lead'],
];

/** Public groups, queues and territories; the one who left is still a member here and there. */
export function seedGroups(records: Records, administratorId: string, orphanId: string): void {
  const group = (Name: string, Type: string): Row =>
    records.insert('Group', {
      ...{ Name, DeveloperName: Name.replaceAll(' ', '_'), Type, RelatedId: null, Email: null },
      ...{ OwnerId: administratorId, DoesSendEmailToMembers: false, DoesIncludeBosses: true },
    });
  const [allSales] = PUBLIC_GROUPS.map((name) => group(name, 'Regular'));
  const [support] = QUEUES.map(([name, SobjectType]) => {
    const queue = group(name, 'Queue');
    records.insert('QueueSobject', { QueueId: queue.Id, SobjectType });
    return queue;
  });
  for (const { Id } of [allSales, support].flatMap((each) => each ?? [])) {
    records.insert('GroupMember', { GroupId: Id, UserOrGroupId: orphanId });
  }
  seedTerritories(records, orphanId);
}

function seedTerritories(records: Records, orphanId: string): void {
  const models = (['Active', 'Planning'] as const).map((State) => {
    const Name = State === 'Active' ? 'Halden 2026' : 'Halden 2027';
    return records.insert('Territory2Model', { Name, DeveloperName: Name.replace(' ', '_'), State });
  });
  const [active, planned] = models.map(({ Id }) => Id);
  const territory = (name: string, model: string | undefined, above?: Row): Row =>
    records.insert('Territory2', {
      ...{ Name: name, DeveloperName: name.replaceAll(' ', '_') },
      ...{ Territory2ModelId: model ?? null, ParentTerritory2Id: above?.Id ?? null },
    });
  const world = territory('World', active);
  const emea = territory('EMEA', active, world);
  territory('North America', active, world);
  territory('EMEA Next Year', planned);
  records.insert('UserTerritory2Association', {
    ...{ UserId: orphanId, Territory2Id: emea.Id, RoleInTerritory2: 'Sales Rep', IsActive: true },
  });
}
