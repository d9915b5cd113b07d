import { z } from 'zod';
import { DAY, MINUTE } from '../../base/index.ts';
import { duration } from '../../platform/config/index.ts';

/** Settings that the engine itself obeys; every kind of target has them and spreads them into its own schema. */
export const commonSettings = {
  confirmMaxAge: duration({ min: MINUTE })
    .prefault('24h')
    .describe(
      'For this long an unchanged account is believed to be as confirmed, without asking the target.',
    ),
  budgetMs: z
    .int()
    .min(500)
    .max(30_000)
    .default(3_000)
    .describe('Time that a sign-in may spend on the target, in milliseconds.'),
  provision: z
    .enum(['before-sign-in', 'queue'])
    .default('before-sign-in')
    .describe(
      'queue lets people in while additions are still being made; what takes access away never waits (R5.2).',
    ),
  formerPlace: z
    .string()
    .min(1)
    .optional()
    .describe('Where this very system was before it got another address, as the message about it says.'),
  onExisting: z
    .enum(['refuse', 'admin-approve', 'adopt'])
    .default('refuse')
    .describe('What to do about an account that already has the mail address of the person.'),
  onInvalidDetail: z
    .enum(['report', 'refuse'])
    .default('report')
    .describe('Whether a value that the target cannot take, such as an invalid address, closes the door.'),
  onDrift: z
    .enum(['put-back', 'report'])
    .default('put-back')
    .describe(
      'What to do about what somebody changed by hand in the target. report leaves all of it, also what gives access.',
    ),
  onExtra: z
    .enum(['leave', 'remove'])
    .default('leave')
    .describe('What to do about groups and permissions that were added by hand and that no role names.'),
  brake: z
    .strictObject({
      share: z.number().min(0.01).max(1).default(0.3).describe('Removals as a share of all accounts.'),
      atLeast: z.int().min(1).default(10).describe('Accounts below which the share does not count.'),
    })
    .prefault({})
    .describe('Removals inferred from absence or changed rules that exceed this wait for a release (R5.4).'),
} as const;

type CommonSettings = {
  readonly confirmMaxAge: number;
  readonly budgetMs: number;
  readonly provision: 'before-sign-in' | 'queue';
  readonly formerPlace?: string | undefined;
  readonly onExisting: 'refuse' | 'admin-approve' | 'adopt';
  readonly onInvalidDetail: 'report' | 'refuse';
  readonly onDrift: 'put-back' | 'report';
  readonly onExtra: 'leave' | 'remove';
  readonly brake: { readonly share: number; readonly atLeast: number };
};

/** How many calls a target takes, if it says so in its documentation. */
export type CallRate = {
  readonly calls: number;
  readonly perMs: number;
  /** Of these, how many are kept for ends and sign-ins when the queue has more to do. */
  readonly reserved: number;
};

export type TargetPolicy = {
  readonly confirmMaxAgeMs: number;
  readonly budgetMs: number;
  readonly provision: CommonSettings['provision'];
  /** Accepted as the same system. */
  readonly formerPlace: string | undefined;
  readonly onExisting: CommonSettings['onExisting'];
  readonly onInvalidDetail: CommonSettings['onInvalidDetail'];
  readonly onDrift: CommonSettings['onDrift'];
  readonly onExtra: CommonSettings['onExtra'];
  readonly brake: CommonSettings['brake'];
  /** Requests that a sign-in may make; a lost reply or a vanished account may cost one more look. */
  readonly callsInSignIn: number;
  readonly rate?: CallRate;
};

/** The policy that the common settings stand for. */
export function policyOf(
  settings: CommonSettings,
  own: { readonly callsInSignIn: number; readonly rate?: CallRate },
): TargetPolicy {
  const {
    confirmMaxAge,
    budgetMs,
    provision,
    formerPlace,
    onExisting,
    onInvalidDetail,
    onDrift,
    onExtra,
    brake,
  } = settings;
  return {
    confirmMaxAgeMs: confirmMaxAge,
    ...{ budgetMs, provision, formerPlace, onExisting, onInvalidDetail, onDrift, onExtra, brake, ...own },
  };
}

/** Delay of a rung of the ladder after the first: from the final end (R3.3). */
export function rungDelay(): ReturnType<typeof duration> {
  return duration({ min: 0, max: 400 * DAY });
}
