import { generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { verifyFast } from './fast-verification.ts';

const PAIRS = 40;

/** What ratios are multiples of: CPU in milliseconds, measured anew in every round beside what is compared to it. */
export type Yardstick = () => number;

/**
 * The unit of every ratio: one RSA-2048 signature and its verification, about what a sign-in by SAML cannot do
 * without. node:crypto with keys that are loaded once; measured again and again, because a busy machine and
 * a changing clock rate move it together with what it is compared to.
 */
export function createYardstick(): Yardstick {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const message = randomBytes(4096);
  return () =>
    cpuOf(PAIRS, () => {
      const signature = sign('sha256', message, privateKey);
      if (!verify('sha256', message, publicKey, signature)) throw new Error('the signature is not valid');
    });
}

/**
 * The unit of the goals (DESIGN §13): one fast verification of a SAML response and one RSA-2048 signature.
 *
 * @param samlResponse of this run, under these keys.
 */
export function createGoalYardstick(samlResponse: string, keys: readonly KeyObject[]): Yardstick {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const message = randomBytes(4096);
  return () =>
    cpuOf(PAIRS, () => {
      verifyFast(samlResponse, keys);
      sign('sha256', message, privateKey);
    });
}

function cpuOf(times: number, work: () => void): number {
  const before = process.cpuUsage();
  for (let time = 0; time < times; time += 1) work();
  return cpuMs(process.cpuUsage(before)) / times;
}

/** User and system time together, in milliseconds. */
export function cpuMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}
