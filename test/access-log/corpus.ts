import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { commitmentOf, digestOf, GENESIS, linkHash } from '../../src/access-log/chain.ts';
import { type Checkpoint, type CheckpointSigner, signCheckpoint } from '../../src/access-log/checkpoint.ts';
import { canonicalJson, type Json } from '../../src/base/index.ts';

export type TestSigner = CheckpointSigner & { readonly publicKey: KeyObject };

export function newSigner(keyId = 'key_test'): TestSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { keyId, publicKey, sign: (bytes) => sign(null, bytes, privateKey) };
}

export type Chain = { readonly lines: string[]; readonly hashes: string[] };

/** A log as an honest server exports it, or as a forger would write it anew: hashes need no secret. */
export function makeChain(count: number, event: (seq: number) => Json = plainEvent): Chain {
  const lines: string[] = [];
  const hashes: string[] = [];
  let prev = GENESIS;
  for (let seq = 1; seq <= count; seq += 1) {
    const value = event(seq);
    const hash = linkHash(seq, prev, digestOf(canonicalJson(value)));
    lines.push(canonicalJson({ seq, prev, hash, event: value, ...revealedOf(value, seq) }));
    hashes.push(hash);
    prev = hash;
  }
  return { lines, hashes };
}

const VALUES = { mail: 'mira@halden.example' };

/** Every second event has something personal, opened in the export. */
export function plainEvent(seq: number): Json {
  const salt = `salt${seq}`;
  const commitment = commitmentOf(salt, canonicalJson(VALUES));
  const personal = { owner: 'per_x', sealed: `s1.key_x.${seq}`, commitment };
  return {
    ...{ id: `evt_${seq}`, time: '2026-03-02T09:00:00.000Z', type: 'login.issued', thread: 'lgn_x' },
    ...{ outcome: 'success', facts: { seq, ratio: 0.5, text: 'Grüße "\u0001"' } },
    ...(seq % 2 === 0 && { personal }),
  };
}

function revealedOf(value: Json, seq: number): { revealed?: Json } {
  const hasPersonal = typeof value === 'object' && value !== null && 'personal' in value;
  return hasPersonal ? { revealed: { salt: `salt${seq}`, values: VALUES } } : {};
}

export function checkpointAt(chain: Chain, seq: number, signer: CheckpointSigner): Checkpoint {
  return signCheckpoint({ seq, hash: chain.hashes[seq - 1] ?? '' }, new Date('2026-03-02T09:01:00Z'), signer);
}
