import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { listen } from '../../src/platform/http/server.ts';
import { silentLog } from '../../src/platform/log/index.ts';

test('whoever asks and never reads the answer does not hold it for ever', { timeout: 20_000 }, async () => {
  const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>();
  await using server = await listen({
    ...{ host: '127.0.0.1', port: 0, log: silentLog, graceMs: 0, stalledMs: 50 },
    handler: (_req, res) => {
      res.end(Buffer.alloc(64 * 1024 * 1024));
      resolve(res);
    },
  });
  const socket = connect(server.port, '127.0.0.1').pause();
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: sso.localhost\r\n\r\n');
  const answer = await asked;
  if (!answer.closed) await once(answer, 'close');

  assert.equal(answer.writableFinished, false);
  socket.destroy();
});
