import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpUnavailable } from '../../../src/base/index.ts';
import { createHttpClient } from '../../../src/platform/http/index.ts';

test('a header that cannot be sent fails by itself, and keeps no other request to that host waiting', async () => {
  await using http = createHttpClient({ allowInsecureLoopback: false });
  const ask = (token: string) =>
    http.request({
      ...{ method: 'GET', url: new URL('https://nowhere.invalid/'), system: 'store', timeoutMs: 2_000 },
      headers: { 'x-auth-token': token },
    });

  for (const token of ['two\nlines', 'nul\0', 'wide Ā']) {
    await assert.rejects(ask(token), (error) => error instanceof HttpUnavailable && !error.maybeSent);
  }
  await assert.rejects(ask('sound'), (error) => error instanceof HttpUnavailable);
});
