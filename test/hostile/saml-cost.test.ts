import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MESSAGE_LIMITS, parseXml } from '../../src/xml/index.ts';
import { openSamlWorld, receive, upstreamOf } from '../federation/saml-world.ts';
import { makeSigningKey } from '../support/saml-idp.ts';

// Anybody can post to the assertion consumer service. Reading such a message must not cost much more than parsing
// it, or a few requests a second stop everybody's sign-ins. Compared with work done in the same run, not with a clock.

const MANY = Array.from({ length: 4_000 }, (_, index) => `g${index}`);

for (const sign of ['assertion', 'response'] as const) {
  test(`a large message with a stranger’s signature over the ${sign} is refused without being verified byte by byte`, async () => {
    await using world = await openSamlWorld();
    const upstream = upstreamOf(world.open());
    const begun = await upstream.begin({});
    const answer = await world.idp.response({
      ...{ requestId: begun.correlation, attributes: { guid: MANY }, sign },
      signature: { key: await makeSigningKey() },
    });
    const text = Buffer.from(answer, 'base64').toString('utf8');

    const parsing = await cheapest(async () => void parseXml(text, MESSAGE_LIMITS));
    const refusing = await cheapest(async () => {
      await assert.rejects(receive(upstream, answer), { code: 'federation.signature_invalid' });
    });

    assert.ok(
      refusing < 5 * parsing,
      `refusing took ${(refusing / parsing).toFixed(1)} times as much as parsing`,
    );
  });
}

/** Processor time of the cheapest of three runs, in microseconds. */
async function cheapest(work: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run += 1) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}
