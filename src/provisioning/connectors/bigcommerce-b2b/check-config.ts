import type { Problem } from '../../../base/index.ts';
import type { B2bAccess, B2bTarget } from './config.ts';

/** What the schema cannot see. Paths are relative to the target. */
export function checkB2bTarget(settings: B2bTarget): readonly Problem[] {
  return [...checkQueue(settings), ...checkCredentials(settings), ...checkLadder(settings)];
}

/** The login token names the customer, so the customer must exist before it is signed. */
function checkQueue({ provision }: B2bTarget): readonly Problem[] {
  if (provision === 'before-sign-in') return [];
  const message = 'queue is not possible: the login token names the customer; write before-sign-in';
  return [{ path: 'provision', message }];
}

/** A token account that can also sign logins would turn a leaked token into a key to every customer. */
function checkCredentials({ login, api, b2b = [] }: B2bTarget): readonly Problem[] {
  const signing = new Set(login.map(({ clientId }) => clientId));
  const lists = { api, b2b };
  return (['api', 'b2b'] as const).flatMap((list) =>
    lists[list].flatMap(({ clientId }, index) =>
      clientId !== undefined && signing.has(clientId)
        ? [
            {
              path: `${list}[${index}].clientId`,
              message: 'also signs logins; make a separate API account for what is written',
            },
          ]
        : [],
    ),
  );
}

/** Rungs are taken in order: a later one cannot come before an earlier one. */
function checkLadder({ ladder }: B2bTarget): readonly Problem[] {
  const { deleteUser, parking, delete: removal } = ladder;
  const problems: Problem[] = [];
  if (parking && parking.after < deleteUser) {
    problems.push({
      path: 'ladder.parking.after',
      message: 'comes before deleteUser; make it as long or longer',
    });
  }
  if (removal && removal.after < Math.max(deleteUser, parking?.after ?? 0)) {
    problems.push({
      path: 'ladder.delete.after',
      message: 'comes before the rungs above it; make it as long or longer',
    });
  }
  return problems;
}

/** Problems of one storefront. Paths are relative to the relying party. */
export function checkB2bAccess({ roles }: B2bAccess): readonly Problem[] {
  const ids = roles.map(({ id }) => id);
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index
      ? []
      : [{ path: `roles[${index}].id`, message: `"${id}" is declared twice; remove one` }],
  );
}
