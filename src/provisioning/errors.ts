import { VestibuleError } from '../base/index.ts';

/** Why an account cannot be made right, as a value. Trying again alone does not help. */
export type ProvisioningRefusal =
  /** The directory gives no mail address, and the target needs one. */
  | 'provisioning.mail_missing'
  /** The directory's mail address is not one that the target accepts. */
  | 'provisioning.mail_invalid'
  /** An account with this mail exists, and policy does not let us use it. */
  | 'provisioning.mail_taken'
  /** An account that we did not make carries this person's stable id, and policy does not let us use it. */
  | 'provisioning.id_taken'
  /** It could be used, but the connection is not trusted for the mail's domain (R1.3). */
  | 'provisioning.mail_untrusted'
  /** More than one account with this mail could be used. */
  | 'provisioning.ambiguous'
  /** An administrator must approve the use of the existing account. */
  | 'provisioning.needs_approval'
  /** The role has no meaning in this target's configuration (R4.5). */
  | 'provisioning.role_unmapped'
  /** Nothing would be left to enter. */
  | 'provisioning.no_access'
  /** The role is for people from outside, and this access has no end. */
  | 'provisioning.end_missing'
  /** The target lacks the group that the role stands for. */
  | 'provisioning.group_missing'
  /** Somebody deleted the account in the target, which is set to report such things. */
  | 'provisioning.account_gone'
  /** The target did not accept the account's data. */
  | 'provisioning.rejected'
  /** A detail is invalid and the target is set to `onInvalidDetail: refuse`. */
  | 'provisioning.detail_invalid';

/** Why nothing could be done now, as a value. Trying later helps, or an operator must act. */
export type UnavailableCode =
  | 'provisioning.slow'
  | 'provisioning.target_unreachable'
  | 'provisioning.target_error'
  | 'provisioning.maintenance'
  | 'provisioning.rate_limited'
  | 'provisioning.token_revoked'
  | 'provisioning.forbidden'
  | 'provisioning.plan_limit'
  | 'provisioning.bad_answer'
  | 'provisioning.not_prepared'
  /** The target refuses until somebody does something there; a task says what. */
  | 'provisioning.blocked'
  /** The settings lead to another system than the one whose accounts we know. */
  | 'provisioning.target_moved'
  /** The calls that the target takes in this time are used up. */
  | 'provisioning.budget_spent'
  /** The write may have happened; it is looked up before anything is sent again (R5.3). */
  | 'provisioning.reply_lost'
  /** The target took a change of access and did not do it. */
  | 'provisioning.not_applied'
  /** Another sign-in or process is working on the same account. */
  | 'provisioning.busy';

/** What the person reads; names no other person and no inner detail. */
export function refusalMessage(code: ProvisioningRefusal): string {
  switch (code) {
    case 'provisioning.mail_missing':
    case 'provisioning.mail_invalid':
      return 'Your directory entry has no mail address that is accepted there. Ask your help desk to correct it.';
    case 'provisioning.mail_taken':
    case 'provisioning.mail_untrusted':
    case 'provisioning.ambiguous':
      return 'Your mail address is already in use there, so no account was made for you. Ask an administrator to look into it.';
    case 'provisioning.id_taken':
      return 'An account there carries your id although it was not made for you. Ask an administrator to look into it.';
    case 'provisioning.needs_approval':
      return 'An administrator must approve your account there first. Please try again when that is done.';
    case 'provisioning.account_gone':
      return 'Your account there was deleted. It is made again when you enter.';
    case 'provisioning.role_unmapped':
    case 'provisioning.group_missing':
    case 'provisioning.no_access':
    case 'provisioning.end_missing':
      return 'Your access is not set up completely. Ask an administrator to correct it.';
    case 'provisioning.rejected':
    case 'provisioning.detail_invalid':
      return 'The data of your account was not accepted there. Ask your help desk to correct your directory entry.';
    default:
      return assertNever(code);
  }
}

function assertNever(code: never): never {
  throw new TypeError(`unknown refusal ${String(code)}`);
}

export type ProvisioningFault =
  /** Nobody configured this target. */
  | 'provisioning.unknown_target'
  /** The configuration names a kind of target that no connector serves. */
  | 'provisioning.unknown_kind'
  /** Our lease on the account ran out while we worked; another process took over. */
  | 'provisioning.lease_lost'
  /** The kind of target cannot show all its accounts. */
  | 'provisioning.no_list'
  /** An import could not be finished; what was found stays, run it again. */
  | 'provisioning.import_stopped'
  /** The release that was asked for holds nothing back in this target. */
  | 'provisioning.unknown_brake'
  /** The account that should be approved is not waiting for that. */
  | 'provisioning.nothing_to_approve'
  /** A background run could not finish; the job queue tries again. */
  | 'provisioning.unfinished';

export class ProvisioningError extends VestibuleError {
  override readonly name = 'ProvisioningError';

  constructor(fields: {
    readonly code: ProvisioningFault;
    readonly detail: string;
    readonly status?: number;
    readonly retryAfterSeconds?: number;
  }) {
    super({ status: 500, publicMessage: 'The account in the store could not be prepared.', ...fields });
  }
}

/** For the operator who runs `vestibule check`: what is wrong and what to do. */
export function unavailableAdvice(code: UnavailableCode): string {
  switch (code) {
    case 'provisioning.token_revoked':
      return 'the target does not accept the API token; make a new API account there and put it first under api';
    case 'provisioning.forbidden':
      return 'the API token lacks a scope, or the owner of the target changed, which voids tokens; check both';
    case 'provisioning.rate_limited':
      return 'the quota of the target is used up; try again in a minute, and look at what else uses it';
    case 'provisioning.maintenance':
      return 'the target is in maintenance; try again later';
    case 'provisioning.plan_limit':
      return 'the plan of the target does not allow this; look at its limits';
    case 'provisioning.blocked':
      return 'the target refuses until somebody does something there; the task of the account says what';
    case 'provisioning.target_moved':
      return 'the settings lead to another system than before, where ids of accounts mean other people; give it an id of its own, or name the former one as formerPlace if it is the same system';
    case 'provisioning.budget_spent':
      return 'the calls that the target takes in this time are used up; what takes access away goes first';
    case 'provisioning.slow':
    case 'provisioning.target_unreachable':
      return 'the target did not answer; check its URL, and whether this host may reach it';
    default:
      return `the target could not be asked (${code}); see the log`;
  }
}
