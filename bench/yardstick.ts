import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';

const PAIRS = 40;

/**
 * The unit of every ratio: one RSA-2048 signature and its verification, about what a sign-in by SAML cannot do
 * without. node:crypto with keys that are loaded once; measured anew in every round, because a busy machine and
 * a changing clock rate move it together with what it is compared to.
 *
 * @returns measures the CPU of one pair, in milliseconds.
 */
export function createYardstick(): () => number {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const message = randomBytes(4096);
  return () => {
    const before = process.cpuUsage();
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const signature = sign('sha256', message, privateKey);
      if (!verify('sha256', message, publicKey, signature)) throw new Error('the signature is not valid');
    }
    return cpuMs(process.cpuUsage(before)) / PAIRS;
  };
}

/** User and system time together, in milliseconds. */
export function cpuMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}
