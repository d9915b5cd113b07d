import { z } from 'zod';
import type { NewPerson, People } from '../people.ts';

export const CrowdOrder = z.strictObject({
  count: z.int().min(1).max(10_000).default(1_000),
  partition: z.string().min(1).default('R&D Zürich'),
});

const GIVEN = ['Jörg', 'Zoë', 'Anne-Marie', 'Łukasz', "D'Arcy", 'Bao', 'Søren', 'Ana'];
const FAMILY = ['Müller', 'O’Brien', 'van der Berg', 'Nguyễn', 'Šimić', 'Smith & Sons', 'García', 'Öztürk'];

/** Many people with the names that break careless code: blanks, umlauts, quotes, `&`, and logins with an `@`. */
export function addCrowd(people: People, { count, partition }: z.infer<typeof CrowdOrder>): void {
  for (let number = 1; number <= count; number += 1) people.add(member(number, partition));
}

function member(number: number, partition: string): NewPerson {
  const serial = String(number).padStart(5, '0');
  const name = `crowd ${serial}`;
  return {
    login: number % 10 === 0 ? `crowd${serial}@corp.halden.example` : name,
    partition,
    mail: `crowd${serial}@halden.example`,
    givenName: GIVEN[number % GIVEN.length] ?? 'Ana',
    familyName: FAMILY[(number >> 3) % FAMILY.length] ?? 'Smith',
    department: 'Research & Development',
    groups: [`everybody & all@${partition}`],
  };
}
