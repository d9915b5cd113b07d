import { z } from 'zod';
import type { Problem } from '../base/index.ts';
import { identifier } from '../platform/config/index.ts';
import type { RelyingParty, Target } from './registry.ts';

/** What one kind brings: `roles` in `access` are `{ id, title?, …meaning }`. */
export type KindShape = {
  readonly kind: string;
  /** What a relying party of this kind has beyond the common settings; absent when there are only targets of it. */
  readonly access?: z.ZodObject;
  /** Settings of a target of this kind; with `access`, a relying party may bring them itself. */
  readonly target?: z.ZodObject;
  /** Kinds of targets that a relying party of this kind may point at. */
  readonly accountsIn?: readonly string[];
};

/** Part of a role: what it stands for where its accounts live. The target's own kind says what may stand there. */
export const accountOfRole = {
  account: z
    .record(z.string(), z.json())
    .optional()
    .describe(
      'What the role stands for in the target: groups, a profile. See the page of the target’s kind.',
    ),
};

const common = {
  id: identifier().describe('Appears in URLs, events and tables; never change it once people have entered.'),
  title: z.string().min(1).max(100).optional().describe('Shown to people. Default: the id.'),
  description: z.string().max(200).default('').describe('One line on the tile.'),
  enabled: z.boolean().default(true).describe('false refuses every sign-in.'),
  hidden: z.boolean().default(false).describe('true: no tile on the launchpad; links still work.'),
  scopes: z
    .array(z.string().regex(/^\S+$/, 'a scope has no white space; give each one an entry'))
    .default([])
    .describe('Scopes that rules may give here.'),
};

/** Schema of `targets:`. */
export function targetSchema(kinds: readonly KindShape[]): z.ZodType<ParsedTarget> {
  const shapes = kinds.flatMap(({ kind, target }) =>
    target ? [target.safeExtend({ id: identifier(), kind: z.literal(kind) })] : [],
  );
  return union(shapes) as unknown as z.ZodType<ParsedTarget>;
}

/** Schema of `relyingParties:`; a relying party that names no target may bring the target's settings itself. */
export function relyingPartySchema(kinds: readonly KindShape[]): z.ZodType<ParsedRelyingParty> {
  const shapes = kinds.flatMap(({ kind, access, target, accountsIn = [] }): z.ZodType[] => {
    if (!access) return [];
    const alone = access.safeExtend({ ...common, kind: z.literal(kind) });
    const pointer = identifier().describe('Id of the target where accounts live.');
    if (!target) return accountsIn.length > 0 ? [alone.safeExtend({ target: pointer.optional() })] : [alone];
    const pointing = alone.safeExtend({ target: pointer });
    const { id: _id, ...settings } = target.shape as Record<string, z.ZodType>;
    return [either(kind, pointing, alone.safeExtend(settings))];
  });
  return union(shapes as unknown as z.ZodObject[]) as unknown as z.ZodType<ParsedRelyingParty>;
}

/** Both are of one kind; zod does not look for it inside a union by itself. */
function either(kind: string, pointing: z.ZodObject, inline: z.ZodObject): z.ZodType {
  const schema = z.union([pointing, inline]);
  schema._zod.propValues = { kind: new Set([kind]) };
  return schema;
}

function union(shapes: readonly z.ZodObject[]): z.ZodType {
  const [first, ...others] = shapes;
  if (!first) throw new Error('no kinds are registered');
  return others.length === 0 ? first : z.discriminatedUnion('kind', [first, ...others] as never);
}

type ParsedTarget = { readonly id: string; readonly kind: string } & Readonly<Record<string, unknown>>;
type ParsedRelyingParty = {
  readonly id: string;
  readonly kind: string;
  readonly title?: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly hidden: boolean;
  readonly scopes: readonly string[];
  readonly target?: string;
  readonly roles: readonly { readonly id: string; readonly title?: string; readonly account?: unknown }[];
} & Readonly<Record<string, unknown>>;

export type SplitConfig = {
  readonly relyingParties: readonly RelyingParty[];
  readonly targets: readonly Target[];
};

/** The shorthand expands to the two things it stands for (R5.1); the target gets the relying party's id. */
export function splitShorthand(
  kinds: readonly KindShape[],
  relyingParties: readonly ParsedRelyingParty[],
  targets: readonly ParsedTarget[],
): SplitConfig {
  const shapes = new Map(kinds.filter(({ access }) => access).map((shape) => [shape.kind, shape]));
  const inline: Target[] = [];
  const parties = relyingParties.map((parsed): RelyingParty => {
    const shape = shapes.get(parsed.kind);
    const target = parsed.target ?? (shape?.target ? parsed.id : undefined);
    if (shape?.target && parsed.target === undefined) {
      inline.push({
        id: parsed.id,
        kind: parsed.kind,
        settings: pick(parsed, Object.keys(shape.target.shape)),
      });
    }
    return {
      id: parsed.id,
      kind: parsed.kind,
      title: parsed.title ?? parsed.id,
      description: parsed.description,
      enabled: parsed.enabled,
      hidden: parsed.hidden,
      ...(target !== undefined && { target }),
      roles: parsed.roles.map(({ id, title, account }) => ({
        ...{ id, title: title ?? id },
        ...(account !== undefined && { account }),
      })),
      scopes: parsed.scopes,
      access: pick(parsed, Object.keys(shape?.access?.shape ?? {})),
    };
  });
  const separate = targets.map(({ id, kind, ...settings }): Target => ({ id, kind, settings }));
  return { relyingParties: parties, targets: [...separate, ...inline] };
}

function pick(object: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in object).map((name) => [name, object[name]]));
}

/** Problems across objects: ids that repeat, targets that do not exist or are of another kind, roles that repeat. */
export function checkRegistry(
  { relyingParties, targets }: SplitConfig,
  accountsIn: (kind: string) => readonly string[],
): Problem[] {
  const byId = new Map(targets.map((target) => [target.id, target]));
  return [
    ...repeated(
      'targets',
      targets.map(({ id }) => id),
    ),
    ...repeated(
      'relyingParties',
      relyingParties.map(({ id }) => id),
    ),
    ...relyingParties.flatMap((party, index) => {
      const path = `relyingParties[${index}]`;
      const target = party.target === undefined ? undefined : byId.get(party.target);
      const problems = repeated(
        `${path}.roles`,
        party.roles.map(({ id }) => id),
      );
      if (party.target !== undefined && !target) {
        problems.push({
          path: `${path}.target`,
          message: `no target has the id ${party.target}; add it under targets`,
        });
      } else if (target && !accountsIn(party.kind).includes(target.kind)) {
        const fitting = accountsIn(party.kind).join(' or ');
        problems.push({
          path: `${path}.target`,
          message: `${target.id} is a ${target.kind}; name one of kind ${fitting}`,
        });
      }
      return problems;
    }),
  ];
}

function repeated(path: string, ids: readonly string[]): Problem[] {
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index
      ? []
      : [{ path: `${path}[${index}].id`, message: `${id} is used twice; ids are unique` }],
  );
}
