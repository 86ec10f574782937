/** Answers of HTTP/1.1, against what RFC 9112 says of where they end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { AnswerParser, WireError } from '../../src/s3/answer-parser.ts';
import type { S3Answer } from '../../src/s3/index.ts';

const LIMITS = { isHead: false, bytesMax: 1 << 20 };

interface Read {
  readonly answer: S3Answer | undefined;
  readonly keepMs: number | undefined;
}

/** Reads the pieces, each from the same memory, and the end of the connection. */
function readAll(pieces: readonly Uint8Array[], limits = LIMITS): Read {
  const parser = new AnswerParser(limits);
  const memory = Buffer.alloc(1 << 16);
  let answer: S3Answer | undefined;
  for (const piece of pieces) {
    memory.fill('#');
    memory.set(piece);
    answer ??= parser.take(memory.subarray(0, piece.length));
    if (answer !== undefined) break;
  }
  memory.fill('#');
  return { answer: answer ?? parser.end(), keepMs: parser.keepMs };
}

const read = (text: string, limits = LIMITS): Read =>
  readAll([Buffer.from(text, 'latin1')], limits);

function seen({ answer, keepMs }: Read) {
  if (answer === undefined) return undefined;
  const { status, headers, body } = answer;
  return { status, headers: { ...headers }, body: body.toString('latin1'), keepMs };
}

/** Each cuts a text at random places. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
function cut(text: string, at: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const places = [0, ...at.map((part) => Math.floor(part * bytes.length)), bytes.length];
  places.sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const token = fc.stringMatching(/^x-[a-z]{1,12}$/);
const value = fc.stringMatching(/^[!-~]{0,20}$/);
const body = fc
  .uint8Array({ maxLength: 400 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));

/** A sound answer, in one of the ways in which its end can be told. */
const answers = fc
  .record({
    status: fc.constantFrom(200, 206, 301, 403, 404, 500, 503),
    interim: fc.boolean(),
    headers: fc.dictionary(token, value, { maxKeys: 5 }),
    body,
    way: fc.constantFrom('length', 'chunked', 'close'),
    chunks: cuts,
  })
  .map(({ status, interim, headers, body, way, chunks }) => {
    const lines = Object.entries(headers).map(([name, text]) => `${name}: ${text}\r\n`);
    const before = interim ? 'HTTP/1.1 100 Continue\r\n\r\n' : '';
    const head = `${before}HTTP/1.1 ${status} Some Words\r\n${lines.join('')}`;
    if (way === 'length') {
      return {
        status,
        body,
        headers,
        text: `${head}Content-Length: ${body.length}\r\n\r\n${body}`,
      };
    }
    if (way === 'close') return { status, body, headers, text: `${head}\r\n${body}` };
    const pieces = cut(body, chunks).filter((piece) => piece.length > 0);
    const coded = pieces.map(
      (piece) => `${piece.length.toString(16)};a=b\r\n${piece.toString('latin1')}\r\n`,
    );
    const text = `${head}transfer-encoding: Chunked\r\n\r\n${coded.join('')}0\r\nx-trailer: 1\r\n\r\n`;
    return { status, body, headers, text };
  });

test('however its bytes are cut, an answer is the same, and the one that was sent', () => {
  fc.assert(
    fc.property(answers, cuts, (sent, at) => {
      const whole = read(sent.text);
      assert.equal(whole.answer?.status, sent.status);
      assert.equal(whole.answer.body.toString('latin1'), sent.body);
      for (const [name, text] of Object.entries(sent.headers)) {
        assert.equal(whole.answer.headers[name], text);
      }
      assert.deepEqual(seen(readAll(cut(sent.text, at))), seen(whole));
    }),
    { numRuns: 500 },
  );
});

test('an answer that is cut short is none', () => {
  fc.assert(
    fc.property(answers, fc.double({ min: 0, max: 1, noNaN: true }), (sent, part) => {
      // One that ends with its connection cannot tell.
      fc.pre(/content-length|transfer-encoding/i.test(sent.text) && sent.body !== '');
      const short = sent.text.slice(0, Math.floor(part * (sent.text.length - 1)));
      assert.equal(read(short).answer, undefined);
    }),
    { numRuns: 500 },
  );
});

test('whatever comes, it is an answer, none yet, or a WireError; and memory is bounded', () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(answers, fc.nat(), fc.uint8Array({ maxLength: 5 })).map(([sent, at, bytes]) => {
      const copy = Buffer.from(sent.text, 'latin1');
      copy.set(bytes.subarray(0, copy.length), at % Math.max(1, copy.length - bytes.length));
      return copy;
    }),
  );
  fc.assert(
    fc.property(noise, (bytes) => {
      try {
        const { answer } = readAll([bytes]);
        assert.ok(answer === undefined || answer.body.length <= bytes.length);
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
  const endless = (text: string) => (): unknown =>
    readAll([Buffer.from(text), ...Array.from({ length: 64 }, () => Buffer.alloc(32_000, 'a'))]);
  assert.throws(endless('HTTP/1.1 200 OK\r\nx: '), /too long/);
  assert.throws(endless('HTTP/1.1 200 OK\r\n\r\n'), /larger than 1048576 bytes/);
  assert.throws(endless('HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n'), /larger/);
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  assert.throws(endless(`${chunked}1;`), /too long/);
  assert.throws(endless(`${chunked}0\r\nx: `), /too long/);
  assert.throws(endless(`${chunked}ffffffff\r\n`), /larger/);
});

const REFUSED: readonly (readonly [name: string, text: string, why: RegExp])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', /not HTTP/],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n', /not HTTP/],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', /not HTTP/],
  ['a change of the protocol', 'HTTP/1.1 101 Switching\r\n\r\n', /changes the protocol/],
  ['a header without a name', 'HTTP/1.1 200 OK\r\n: 1\r\n\r\n', /no name/],
  ['a line without a colon', 'HTTP/1.1 200 OK\r\nfolded\r\n\r\n', /no name/],
  ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n', /not a number/],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\nContent-Length: 2\r\n\r\n', /number/],
  [
    'a length beside chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    /two lengths/,
  ],
  ['another encoding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n', /encoded as gzip/],
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n', /chunk/],
  [
    'a chunk that is longer than it said',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n',
    /longer/,
  ],
];
for (const [name, text, why] of REFUSED) {
  test(`${name} is refused`, () => assert.throws(() => read(text), why));
}

test('answers without a body have none, whatever length they name', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n';
  assert.equal(read(head, { ...LIMITS, isHead: true }).answer?.headers['content-length'], '12');
  assert.equal(read('HTTP/1.1 204 No Content\r\n\r\n').answer?.status, 204);
  assert.equal(read('HTTP/1.1 304 x\r\ncontent-length: 5\r\n\r\n').answer?.status, 304);
});

test('a connection is kept as long as its answer allows', () => {
  const keep = (headers: string, version = '1.1'): number | undefined =>
    read(`HTTP/${version} 200 OK\r\n${headers}content-length: 0\r\n\r\n`).keepMs;
  assert.equal(keep(''), undefined);
  assert.equal(keep('Connection: Keep-Alive\r\nKeep-Alive: timeout=5, max=100\r\n'), 5000);
  assert.equal(keep('connection: close\r\n'), 0);
  assert.equal(keep('', '1.0'), 0);
  assert.equal(read('HTTP/1.1 200 OK\r\n\r\nto the end').keepMs, 0);
  const head = { ...LIMITS, isHead: true };
  assert.equal(read('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n', head).keepMs, undefined);
  // Ceph RGW 16 sends the end of a chunked body behind this, and others a body that tells the error.
  assert.equal(read('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', head).keepMs, 0);
  assert.equal(read('HTTP/1.1 404 x\r\ncontent-length: 9\r\n\r\n', head).keepMs, 0);
  // More than was asked for: what comes next could not be told from it.
  assert.equal(read('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab').keepMs, 0);
});

test('names of headers have no case, and repeated ones are joined', () => {
  const { answer } = read(
    'HTTP/1.1 200 OK\r\nETag:"a"\r\nconstructor:  b \r\nx-twice: 1\r\nX-Twice: 2\r\ncontent-length: 0\r\n\r\n',
  );
  const { etag, constructor: named, 'x-twice': twice } = answer?.headers ?? {};
  assert.deepEqual([etag, named, twice], ['"a"', 'b', '1, 2']);
});

/** The oracle: Node's own client over a real connection. */
test("sound answers mean to us what they mean to Node's own client", async () => {
  let text = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(text, 'latin1'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // True: it listens on a TCP port.
  const { port } = server.address() as AddressInfo;
  const ask = async () => {
    const request = http.get({ port, host: '127.0.0.1', agent: false });
    // Typed by the event's documentation.
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const body = Buffer.concat(await response.toArray()).toString('latin1');
    return { status: response.statusCode, body, headers: { ...response.headers } };
  };
  try {
    await fc.assert(
      fc.asyncProperty(answers, async (sent) => {
        text = sent.text;
        const { keepMs: _, ...ours } = seen(read(text)) ?? { keepMs: undefined };
        assert.deepEqual(ours, await ask());
      }),
      { numRuns: 100 },
    );
  } finally {
    server.close();
    await once(server, 'close');
  }
});
