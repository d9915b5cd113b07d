import { generateKeyPair, type KeyPairKeyObjectResult } from 'node:crypto';
import { promisify } from 'node:util';
import { type KeyPurpose, KIND_OF } from './purposes.ts';
import { makeCertifiedKey } from './saml-certificate.ts';

/** A new key before it is wrapped. */
export type Material = {
  /** PKCS#8, DER. */
  readonly privateKey: Buffer;
  /** Certificate where the purpose has one, else the public key; PEM. */
  readonly publicPart: string;
};

const make = promisify(generateKeyPair);

/** On the thread pool: an RSA key takes a tenth of a second and more. */
export async function makeMaterial(purpose: KeyPurpose, now: Date): Promise<Material> {
  const wanted = KIND_OF[purpose];
  switch (wanted.kind) {
    case 'certificate': {
      const { privateKey, certificatePem } = await makeCertifiedKey(wanted.commonName, now);
      return { privateKey, publicPart: certificatePem };
    }
    case 'rsa':
      return exported(await make('rsa', { modulusLength: 2048 }));
    case 'p-256':
      return exported(await make('ec', { namedCurve: 'P-256' }));
    case 'ed25519':
      return exported(await make('ed25519'));
  }
}

function exported({ privateKey, publicKey }: KeyPairKeyObjectResult): Material {
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
    publicPart: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
