/** Our own HTTP/1.1 over real connections, with servers that behave as badly as stores do. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Clock, ManualClock, systemClock } from '../../src/base/clock.ts';
import { Wire, type WireRequest } from '../../src/s3/wire.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const PEM = join(import.meta.dirname, 'tls');

interface Line {
  readonly socket: Socket;
  /** Everything received on this connection. */
  received: Buffer;
}

interface World {
  readonly wire: Wire;
  readonly lines: Line[];
  ask(more?: Partial<WireRequest>): ReturnType<Wire['send']>;
}

/** `said` is called with each connection whenever something has come. */
async function world(
  t: TestContext,
  said: (line: Line) => void,
  options: { connections?: number; host?: string; clock?: Clock } = {},
): Promise<World> {
  const { connections = 1, host = '127.0.0.1', clock = systemClock } = options;
  const lines: Line[] = [];
  const server = createServer((socket) => {
    const line = { socket, received: Buffer.alloc(0) };
    lines.push(line);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      line.received = Buffer.concat([line.received, bytes]);
      said(line);
    });
  });
  const wire = new Wire(new URL(`http://${host}:${await listening(server, host)}`), {
    connections,
    connectMs: 5000,
    clock,
  });
  t.after(async () => {
    wire.close();
    for (const { socket } of lines) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { wire, lines, ask: (more) => wire.send(requestOf(more)) };
}

async function listening(server: Server, host: string): Promise<number> {
  server.listen(0, host.replace(/[[\]]/g, ''));
  await once(server, 'listening');
  // True: it listens on a TCP port.
  return (server.address() as AddressInfo).port;
}

function requestOf(more: Partial<WireRequest> = {}): WireRequest {
  const length = more.body === undefined ? '' : `content-length: ${more.body.length}\r\n`;
  return {
    head: `PUT /b/k HTTP/1.1\r\nhost: h\r\n${length}\r\n`,
    body: undefined,
    limits: { isHead: false, bytesMax: 1000 },
    silenceMs: 10_000,
    signal: undefined,
    ...more,
  };
}

const isWhole = ({ received }: Line): boolean => received.includes('\r\n\r\n');

test('requests one after the other share a connection', async (t) => {
  const { ask, lines } = await world(t, ({ socket }) => socket.write(OK), { connections: 8 });
  for (let i = 0; i < 5; i++) assert.equal((await ask()).body.toString(), 'ok');
  assert.equal(lines.length, 1);
});

test('a connection that its answer closes is not used again', async (t) => {
  const { ask, lines } = await world(t, ({ socket }) =>
    socket.write(OK.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')),
  );
  for (let i = 0; i < 3; i++) assert.equal((await ask()).status, 200);
  assert.equal(lines.length, 3);
});

test('a connection that the store closed while it was idle costs no request', async (t) => {
  const { ask, lines } = await world(t, ({ socket }) => socket.write(OK));
  assert.equal((await ask()).status, 200);
  const [line] = lines;
  assert.ok(line);
  line.socket.end();
  await once(line.socket, 'close');
  // Our side closes in answer to theirs, so by now it knows.
  assert.equal((await ask()).status, 200);
  assert.equal(lines.length, 2);
});

test('a request whose connection ends before it went out goes over another one', async (t) => {
  let asked = 0;
  const said = ({ socket }: Line): void => {
    asked += 1;
    // The first two wait for each other, so that there are two connections.
    if (asked === 2) for (const line of lines) line.socket.write(OK);
    if (asked > 3) socket.write(OK);
    if (asked !== 3) return;
    // An answer, and the end of the other connection: both are there when the client looks next.
    socket.write(OK);
    for (const line of lines) if (line.socket !== socket) line.socket.end();
  };
  const { ask, lines } = await world(t, said, { connections: 2 });
  await Promise.all([ask(), ask()]);
  const next = await ask().then(() => Promise.all([ask(), ask()]));
  assert.deepEqual(
    next.map(({ status, failure }) => failure ?? status),
    [200, 200],
  );
  assert.equal(asked, 5, 'nothing was sent twice');
});

test('bytes that nobody asked for never become the answer of the next request', async (t) => {
  const stray = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong';
  const said = ({ socket, received }: Line): void => {
    const count = received.toString().split('PUT /').length - 1;
    // Together with the first answer, and some time after it.
    if (count === 1) socket.write(lines.length === 1 ? OK + stray : OK);
  };
  // Time stands still, so that no connection goes for its age.
  const { ask, lines } = await world(t, said, { clock: new ManualClock() });
  assert.equal((await ask()).body.toString(), 'ok');
  assert.equal((await ask()).body.toString(), 'ok');
  const line = lines.at(-1);
  assert.ok(line);
  line.socket.write(stray);
  await once(line.socket, 'close');
  assert.equal((await ask()).body.toString(), 'ok');
  assert.equal(lines.length, 3);
});

test('a request that got no answer is a failure and is not sent again', async (t) => {
  const { ask, lines } = await world(t, ({ socket }) =>
    lines.length === 1 ? socket.destroy() : socket.write(OK),
  );
  const lost = await ask();
  assert.equal(lost.status, 0);
  assert.match(lost.failure ?? '', /closed before the answer|reset/);
  assert.equal(lost.isUnsent, undefined);
  assert.equal(lines.length, 1);
  assert.equal((await ask()).status, 200);
});

test('bodies arrive as they are, the small ones and the large ones', async (t) => {
  const { ask, lines } = await world(t, (line) => {
    const head = line.received.indexOf('\r\n\r\n') + 4;
    const length = Number(/content-length: (\d+)/.exec(line.received.toString('latin1'))?.[1]);
    if (line.received.length === head + length) line.socket.write(OK);
  });
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const large = Buffer.alloc(300_000, bytes);
  // A view into the middle of something larger.
  for (const body of [bytes.subarray(1, 250), new Uint8Array(bytes), large, Buffer.alloc(0)]) {
    const [line] = lines;
    if (line) line.received = Buffer.alloc(0);
    assert.equal((await ask({ body })).status, 200);
    const { received } = lines[0] ?? { received: Buffer.alloc(0) };
    assert.ok(received.subarray(received.indexOf('\r\n\r\n') + 4).equals(body));
  }
  assert.equal(lines.length, 1);
});

test('an answer before the end of the request counts, and its connection goes', async (t) => {
  const refusal = 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n';
  const { ask, lines } = await world(t, ({ socket }) => {
    if (lines.length === 1) socket.pause();
    socket.write(lines.length === 1 ? refusal : OK);
  });
  assert.equal((await ask({ body: Buffer.alloc(30_000_000) })).status, 403);
  assert.equal((await ask()).status, 200);
  assert.equal(lines.length, 2);
});

test('who was aborted while waiting in line is never sent', async (t) => {
  let arrived: () => void = () => undefined;
  const hasArrived = new Promise<void>((resolve) => (arrived = resolve));
  const { ask, lines } = await world(t, ({ socket, received }) => {
    if (received.includes('/third')) socket.write(OK);
    else arrived();
  });
  const head = (key: string) => ({ head: `GET /${key} HTTP/1.1\r\nhost: h\r\n\r\n` });
  const aborter = new AbortController();
  const first = ask(head('first'));
  const second = ask({ ...head('second'), signal: aborter.signal });
  const third = ask(head('third'));
  await hasArrived;
  aborter.abort(new Error('enough'));
  await assert.rejects(second, /enough/);
  const [line] = lines;
  assert.ok(line);
  line.socket.write(OK);
  assert.equal((await first).status, 200);
  assert.equal((await third).status, 200);
  assert.deepEqual(line.received.toString().match(/GET \/\w+/g), ['GET /first', 'GET /third']);
});

test('who waits in line is served when a connection dies', async (t) => {
  const { ask, lines } = await world(t, (line) => {
    if (!isWhole(line)) return;
    // Every other connection breaks off, the rest live for one answer.
    if (lines.length % 2 === 1) line.socket.destroy();
    else line.socket.end(OK.replace('content', 'connection: close\r\ncontent'));
  });
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
  assert.equal(answers.filter(({ status }) => status === 200).length, 10);
  assert.equal(lines.length, 20);
});

test('an answer may trickle for longer than the store may be silent', async (t) => {
  const { ask } = await world(t, ({ socket }) => {
    const bytes = [...OK];
    const drip = setInterval(() => {
      const next = bytes.splice(0, 4).join('');
      if (next === '') clearInterval(drip);
      else socket.write(next);
    }, 100);
  });
  const began = performance.now();
  assert.equal((await ask({ silenceMs: 600 })).body.toString(), 'ok');
  assert.ok(performance.now() - began > 700, 'the answer came too fast to show anything');
});

test('a connection is given up after some idle seconds, sooner where the store says so', async (t) => {
  for (const [header, seconds] of [
    ['', 4],
    ['keep-alive: timeout=3\r\n', 2],
    ['keep-alive: timeout=60\r\n', 4],
  ] as const) {
    const clock = new ManualClock();
    const answer = OK.replace('content', `${header}content`);
    const { ask, lines } = await world(t, ({ socket }) => socket.write(answer), { clock });
    assert.equal((await ask()).status, 200);
    const [line] = lines;
    assert.ok(line);
    const pass = async (ms: number): Promise<void> => {
      for (let at = 0; at < ms; at += 100) {
        clock.advance(100);
        await turn();
      }
    };
    await pass(seconds * 1000 - 500);
    assert.equal((await ask()).status, 200);
    assert.equal(lines.length, 1, `given up too early: ${header}`);
    await pass(seconds * 1000 + 700);
    if (!line.socket.closed) await once(line.socket, 'close');
    assert.equal((await ask()).status, 200);
    assert.equal(lines.length, 2);
  }
});

test('an address of IPv6 has its brackets in the URL only', async (t) => {
  const { ask } = await world(t, ({ socket }) => socket.write(OK), { host: '[::1]' });
  assert.equal((await ask()).status, 200);
});

test('TLS: a certificate that is trusted, one that is not, and a handshake that never ends', async (t) => {
  const cert = readFileSync(join(PEM, 'cert.pem'), 'utf8');
  const server = createHttps({ cert, key: readFileSync(join(PEM, 'key.pem')) }, (_, response) =>
    response.end('sealed'),
  );
  const port = await listening(server, '127.0.0.1');
  const silent = createServer((socket) => socket.on('error', () => undefined).resume());
  const silentPort = await listening(silent, '127.0.0.1');
  const wires: Wire[] = [];
  const ask = (url: string) => {
    const wire = new Wire(new URL(url), { connections: 2, connectMs: 400, clock: systemClock });
    wires.push(wire);
    return wire;
  };
  const trusted = getCACertificates();
  t.after(async () => {
    setDefaultCACertificates(trusted);
    for (const wire of wires) wire.close();
    for (const one of [server, silent]) {
      one.close();
      await once(one, 'close');
    }
  });

  const refused = await ask(`https://localhost:${port}`).send(requestOf());
  assert.equal(refused.status, 0);
  assert.match(refused.failure ?? '', /self-signed certificate/);
  assert.equal(refused.isUnsent, true);

  setDefaultCACertificates([...trusted, cert]);
  for (const host of ['localhost', '127.0.0.1']) {
    const wire = ask(`https://${host}:${port}`);
    for (let i = 0; i < 3; i++) {
      assert.equal((await wire.send(requestOf({ body: undefined }))).body.toString(), 'sealed');
    }
  }

  const late = await ask(`https://localhost:${silentPort}`).send(requestOf());
  assert.match(late.failure ?? '', /did not accept the connection in time/);
  assert.equal(late.isUnsent, true);
});

/** In a thread of its own, so that it answers while the client does something else. */
const COUNTING_SERVER = `
  const { createServer } = require('node:https');
  const { parentPort, workerData } = require('node:worker_threads');
  let connections = 0;
  const server = createServer(workerData, (_, response) => response.end(String(connections)));
  server.on('secureConnection', () => (connections += 1));
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

test('TLS: an answer that is there before the socket has told of the request keeps its connection', async (t) => {
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => readFileSync(join(PEM, name), 'utf8'));
  assert.ok(cert);
  const server = new Worker(COUNTING_SERVER, { eval: true, workerData: { cert, key } });
  const trusted = getCACertificates();
  setDefaultCACertificates([...trusted, cert]);
  const [port] = (await once(server, 'message')) as [number];
  const url = new URL(`https://127.0.0.1:${port}`);
  const wire = new Wire(url, { connections: 1, connectMs: 5000, clock: systemClock });
  t.after(async () => {
    setDefaultCACertificates(trusted);
    wire.close();
    await server.terminate();
  });
  for (let i = 0; i < 5; i++) {
    const body = i % 2 === 0 ? undefined : Buffer.alloc(10_000 * i);
    const answer = wire.send(requestOf({ body }));
    // Right after it was sent nothing else is looked at for a while.
    await turn();
    for (const until = performance.now() + 30; performance.now() < until;);
    assert.equal((await answer).body.toString(), '1');
  }
});
