import { readMetadata } from '../src/federation/saml/metadata.ts';
import { verifyResponse } from '../src/federation/saml/verify-response.ts';
import { cpuMs } from './yardstick.ts';

const TIMES = 10;

/** The SAML verifier alone, in this process. */
export type Verifier = {
  /** CPU of verifying this message once, in milliseconds: the mean of so many times. The message must be fresh. */
  measure(samlResponse: string, times?: number): Promise<number>;
};

/** Verifies what the upstream with this metadata sent to the broker at `origin`, under the same expectations. */
export function createVerifier(metadata: string, origin: string): Verifier {
  const wanted = { id: 'access-manager', metadataKeys: [], allowInsecureLoopback: true };
  const trust = readMetadata(metadata, wanted, new Date());
  return {
    async measure(samlResponse, times = TIMES) {
      const expected = {
        audience: `${origin}/login/access-manager/metadata`,
        acsUrl: `${origin}/login/access-manager/acs`,
        now: new Date(),
        toleranceMs: 60_000,
        wantEncrypted: false,
        acceptsCbc: false,
        decryptionKeyPems: [],
      };
      const before = process.cpuUsage();
      for (let time = 0; time < times; time += 1) {
        const verified = await verifyResponse(samlResponse, trust, expected);
        if (verified.kind !== 'assertion') throw new Error('the upstream sent no assertion');
      }
      return cpuMs(process.cpuUsage(before)) / times;
    },
  };
}
