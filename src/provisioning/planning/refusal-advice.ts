import type { ProvisioningRefusal } from '../errors.ts';

const ADVICE: Readonly<Record<ProvisioningRefusal, string>> = {
  'provisioning.mail_missing': 'the directory gives no mail address; add one there',
  'provisioning.mail_invalid': 'the target takes no such mail address; correct it in the directory',
  'provisioning.mail_taken':
    'an account there has this mail address and is not theirs to use; change one of the addresses, or let onExisting of the target decide',
  'provisioning.id_taken':
    'an account there that was not made for this person carries their id; look who wrote it there, and take it away',
  'provisioning.mail_untrusted':
    'an account there has this mail address, and no trustedMailDomains of the connection covers it; add the domain, or change the address',
  'provisioning.ambiguous':
    'more than one account there could be theirs; merge them there, or change the mail address of those that are not',
  'provisioning.needs_approval':
    'an account there waits for an administrator; after a first sign-in vestibule approve shows it and lets the person have it',
  'provisioning.role_unmapped':
    'the role means nothing in this target; give it a meaning at the relying party',
  'provisioning.group_missing':
    'the target lacks a name that the role stands for; make it there, or correct the role',
  'provisioning.no_access': 'the roles leave nothing to enter; correct them at the relying party',
  'provisioning.end_missing':
    'the role is for people from outside, and the rule gives it no end; add until to the rule',
  'provisioning.account_gone':
    'somebody deleted the account there, and onDrift is set to report; it is made again when the person enters',
  'provisioning.rejected':
    'the target did not accept the data of the account; vestibule report provisioning shows what failed',
  'provisioning.detail_invalid':
    'a value of the directory is not valid there; correct it, or set onInvalidDetail to report',
};

/** For the administrator who reads a plan or what is left of one: what stands in the way and what to do. */
export function refusalAdvice(code: ProvisioningRefusal): string {
  return ADVICE[code];
}
