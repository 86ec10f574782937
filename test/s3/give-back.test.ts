// Aim: pieces of a body may be freed as soon as they were read, however the server cuts them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { giveBack } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createS3, type S3Client } from '../../src/s3/index.ts';

const CONTENT = Buffer.from(Array.from({ length: 700_000 }, (_, n) => `${n},`).join(''));
const server = createServer((request, response) => {
  const isChunked = request.url?.includes('chunked');
  response.writeHead(200, isChunked ? {} : { 'content-length': CONTENT.length });
  // Of many sizes, so that ends of pieces fall everywhere in what a socket reads.
  for (let at = 0, n = 1; at < CONTENT.length; at += n, n = (n * 7 + 1) % 90_001) {
    response.write(CONTENT.subarray(at, at + n));
  }
  response.end();
});
let s3: S3Client;

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Listening on TCP: the address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
  const own = { endpoint: `http://127.0.0.1:${port}`, region: 'here', credentials };
  s3 = createS3({ ...own, clock: systemClock, random: systemRandom });
});

after(async () => {
  await s3.close();
  server.closeAllConnections();
  server.close();
});

for (const key of ['plain', 'chunked']) {
  test(`a ${key} body is whole when each piece is given back at once`, async () => {
    const opened = await s3.open({ method: 'GET', bucket: 'bucket', key });
    assert.ok('isFromSocket' in opened && opened.isFromSocket);
    const copies: Buffer[] = [];
    let freed = 0;
    for await (const piece of opened.body as AsyncIterable<Buffer>) {
      copies.push(Buffer.from(piece));
      giveBack(piece);
      giveBack(piece);
      freed += Number(piece.length === 0);
    }
    assert.ok(Buffer.concat(copies).equals(CONTENT));
    assert.ok(freed > 10, `${freed} of ${copies.length}`);
  });
}
