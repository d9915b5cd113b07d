import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/base/index.ts';
import { readEntity } from '../../src/saml/index.ts';
import { parseSpan } from '../../src/saml/instant.ts';

const NOW = new Date('2026-03-02T09:00:00Z');
const MD = 'urn:oasis:names:tc:SAML:2.0:metadata';
const ROLE = 'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"';

type Times = {
  readonly outer?: string;
  readonly inner?: string;
  readonly entity?: string;
  readonly role?: string;
};

/** One entity in a group within a group; each element may say something of its time. */
function nested({ outer = '', inner = '', entity = '', role = '' }: Times): string {
  return (
    `<md:EntitiesDescriptor xmlns:md="${MD}" ${outer}><md:EntityDescriptor entityID="urn:other" validUntil="2020-01-01T00:00:00Z"/>` +
    `<md:EntitiesDescriptor ${inner}><md:EntityDescriptor entityID="urn:wanted" ${entity}>` +
    `<md:IDPSSODescriptor ${ROLE} ${role}/></md:EntityDescriptor></md:EntitiesDescriptor></md:EntitiesDescriptor>`
  );
}

function read(times: Times): ReturnType<typeof readEntity> {
  return readEntity(nested(times), {
    ...{ role: 'IDPSSODescriptor', entityId: 'urn:wanted', signedBy: [], now: NOW },
  });
}

const until = (ms: number): string => `validUntil="${new Date(NOW.getTime() + ms).toISOString()}"`;

suite('metadata ends', () => {
  test('at the earliest end of role, entity and every group around it; other entities do not matter', () => {
    const { validUntil } = read({ outer: until(3 * DAY), inner: until(DAY), entity: until(2 * DAY) });

    assert.deepEqual(validUntil, new Date(NOW.getTime() + DAY));
    assert.equal(read({}).validUntil, undefined);
  });

  for (const place of ['outer', 'inner', 'entity', 'role'] as const) {
    test(`and is not used from then on: ${place}`, () => {
      for (const end of [until(0), until(-1), until(2 * SECOND), 'validUntil="soon"', 'validUntil=""']) {
        assert.throws(() => read({ [place]: end }), { code: 'saml.metadata_refused' }, end);
      }
      read({ [place]: until(2 * SECOND + 1) });
    });
  }
});

suite('metadata wants to be read again', () => {
  test('after the shortest span of role, entity and every group around it', () => {
    const { cacheMs } = read({ outer: 'cacheDuration="P1D"', entity: 'cacheDuration="PT6H"' });

    assert.equal(cacheMs, 6 * HOUR);
    assert.equal(read({}).cacheMs, undefined);
  });

  test('as it likes, where it says so in a way that cannot be read', () => {
    for (const span of ['', 'P', 'PT', '1h', '-PT1H', 'P1H', 'PT1D', `P${'9'.repeat(400)}D`, 'P1DT']) {
      assert.equal(read({ role: `cacheDuration="${span}"` }).cacheMs, undefined, span);
    }
  });

  test('spans are read with all their units', () => {
    assert.equal(parseSpan('P1Y2M3DT4H5M6.7S'), (365 + 60 + 3) * DAY + 4 * HOUR + 5 * MINUTE + 6_000);
    assert.equal(parseSpan('PT0S'), 0);
    assert.equal(parseSpan('PT604800S'), 7 * DAY);
  });
});
