// Aim: whatever arrives, the answer is one of the table's errors or a real one, and never a 500.
import assert from 'node:assert/strict';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { API_ERRORS } from '../../src/model/api-error.ts';
import { createJobXml, openWorld, type Reply } from './world.ts';

const world = openWorld();
before(() => world.app.listen({ port: 0, host: '127.0.0.1' }));
after(() => world.close());

function assertTableError(reply: { status: number; code: string; body: string }): void {
  assert.notEqual(reply.status, 500, reply.body);
  if (reply.status < 400) return;
  // Two-way: the code is in the table, with this status.
  const table: Readonly<Record<string, number>> = API_ERRORS;
  assert.equal(table[reply.code], reply.status, reply.body);
  assert.deepEqual(world.logged, []);
}

const word = fc.string({ unit: 'binary', maxLength: 20 });
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE'];

test('signed calls with any path, query and body are answered or refused by the table', async () => {
  const segment = fc.oneof(
    fc.constantFrom('jobs', 'tagging', 'status', 'priority', 'v20180820', '', '..', '%2F', '%00'),
    word.map((s) => encodeURIComponent(s.toWellFormed())),
  );
  const parameter = fc.tuple(
    fc.constantFrom(
      'jobStatuses',
      'maxResults',
      'nextToken',
      'priority',
      'requestedJobStatus',
      'x',
    ),
    fc.oneof(fc.constantFrom('Ready', '0', '-1', 'New'), word),
  );
  const body = fc.oneof(
    word,
    fc.tuple(fc.nat(2000), word).map(([at, s]) => {
      const xml = createJobXml();
      const i = at % xml.length;
      return xml.slice(0, i) + s + xml.slice(i + s.length);
    }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...METHODS),
      fc.array(segment, { maxLength: 4 }),
      fc.array(parameter, { maxLength: 3 }),
      body,
      async (method, segments, parameters, text) => {
        const query = parameters
          .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
          .join('&');
        const target = `/v20180820/${segments.join('/')}${query && `?${query}`}`;
        const bodies = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].includes(method) ? text : '';
        const reply: Reply = await world.call(method, target, { body: bodies });
        // Two dots lead to the root, where STS answers, which has a table of its own.
        const isRoot = new URL(target, 'http://host').pathname === '/';
        if (method !== 'HEAD' && !isRoot) assertTableError(reply);
        else assert.notEqual(reply.status, 500);
      },
    ),
    { numRuns: 300, examples: [['POST', ['..'], [], createJobXml()]] },
  );
});

test('a CreateJob of which any element was replaced by any XML is answered or refused', async () => {
  const elements = [...createJobXml().matchAll(/<(\w+)>/g)].map((m) => m[1] ?? '');
  const scrap = fc.oneof(
    fc.constantFrom('<member/>', '<entry/>', '<a>1</a>', '<member><member/></member>', '', '{}'),
    fc.constantFrom(
      '1e9',
      '-0',
      '+1',
      'NaN',
      'true',
      'null',
      '9'.repeat(20),
      '2026-01-01T00:00:00Z',
    ),
    word.map((s) => s.replace(/[<&]/g, '')),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...elements), scrap, async (name, content) => {
      const body = createJobXml().replace(
        new RegExp(`<${name}>.*?</${name}>`),
        () => `<${name}>${content}</${name}>`,
      );
      assertTableError(await world.call('POST', '/v20180820/jobs', { body }));
    }),
    { numRuns: 500 },
  );
});

/** Sends bytes as they are and reads until the server closes, or has answered `Connection: close`. */
function exchange(bytes: Uint8Array): Promise<string> {
  // The server listens on a TCP port, so its address is no path.
  const { port } = world.app.server.address() as AddressInfo;
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (answer += chunk));
    // A server that refuses early may reset what is still being sent.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

test('arbitrary bytes on the socket get an error of the table or a closed door', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'GET ',
      'POST ',
      'FOO ',
      'CONNECT ',
      'OPTIONS * ',
      '/v20180820/jobs',
      'http://h',
    ),
    fc.constantFrom(' HTTP/1.1\r\n', ' HTTP/1.0\r\n', 'Host: h\r\n', '\r\n', '\r\n\r\n', ': '),
    fc.constantFrom('Content-Length: 5\r\n', 'Content-Length: -1\r\n', 'Connection: close\r\n'),
    fc.constantFrom('Transfer-Encoding: chunked\r\n', 'Expect: 100-continue\r\n', 'Upgrade: x\r\n'),
    fc.constantFrom(
      'Content-Type: \u00ff/\r\n',
      'Authorization: AWS4-HMAC-SHA256 \r\n',
      '0\r\n\r\n',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const answer = await exchange(Buffer.from(pieces.join(''), 'latin1'));
      for (const [, status] of answer.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
        assert.notEqual(status, '500', answer);
      }
      assert.ok(!/\bat .+:\d+:\d+|node:internal/.test(answer), answer);
      assert.deepEqual(world.logged, []);
    }),
    { numRuns: 300 },
  );
});

test('well-formed requests of strangers are refused in XML with both ids', async () => {
  const lines = [
    'GET /v20180820/jobs HTTP/1.1',
    'GET http://123456789012.h/v20180820/jobs HTTP/1.1',
    'GET http://h HTTP/1.1',
    'GET http://h?x HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'GET /%zz HTTP/1.1',
    'GET //// HTTP/1.1',
    'PROPFIND /v20180820/jobs HTTP/1.1',
    `GET /${'a'.repeat(5000)} HTTP/1.1`,
  ];
  for (const line of lines) {
    const answer = await exchange(Buffer.from(`${line}\r\nHost: h\r\nConnection: close\r\n\r\n`));
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, line);
    assert.match(answer, /\r\nx-amz-request-id: [0-9A-F]{16}\r\nx-amz-id-2: \S+/i, line);
    assert.match(
      answer,
      /<ErrorResponse xmlns="[^"]*"><Error><Type>Sender<\/Type><Code>\w+</,
      line,
    );
  }
});

test('bytes that are not HTTP are refused in XML with both ids', async () => {
  const answer = await exchange(Buffer.from('\u0000\u0001garbage\r\n\r\n'));
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\nx-amz-request-id: [0-9A-F]{16}\r\n/);
  assert.match(answer, /<Code>BadRequestException<\/Code>/);
});
