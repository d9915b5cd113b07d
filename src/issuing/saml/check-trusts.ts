import { type Problem, VestibuleError } from '../../base/index.ts';
import type { SamlParties, SamlParty } from './parties.ts';

/** Asks for the metadata of all applications, and looks whether two of them go by one name. */
export async function checkTrusts(parties: Pick<SamlParties, 'list'>): Promise<readonly Problem[]> {
  const list = parties.list();
  const read = await Promise.allSettled(list.map(({ trust }) => trust.get()));
  const names = read.map((answer) => (answer.status === 'fulfilled' ? answer.value.entityId : undefined));
  return list.flatMap((party, index): Problem[] => {
    const answer = read[index];
    if (answer?.status === 'rejected') return [problem(party, whatIsWrong(answer.reason))];
    const twin = list.find((_other, at) => at !== index && names[at] === names[index]);
    if (!twin || party.settings.entityId !== undefined) return [];
    const message = `its metadata shows the entity id of ${twin.relyingParty.id}; set entityId on the right one, and correct or remove the other`;
    return [problem(party, message)];
  });
}

function problem({ relyingParty: { id } }: SamlParty, message: string): Problem {
  return { path: `relyingParties.${id}`, message };
}

function whatIsWrong(error: unknown): string {
  return error instanceof VestibuleError ? (error.detail ?? error.code) : 'its metadata cannot be read';
}
