// Aim: the server drops whoever is slow, takes no more connections than it was told, speaks TLS from 1.2
// on, and takes up a new certificate without ending a connection.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { DoorConfig } from '../../src/server/door-config.ts';
import { makeListener } from '../../src/server/listener.ts';
import { type Pair, readPair, watchPair } from '../../src/server/tls.ts';
import { openWorld } from '../api/world.ts';
import { CERTIFICATES } from '../lib/certificates.ts';

const DOOR: DoorConfig = {
  tls: undefined,
  connectionsMax: 1000,
  requestsInFlightMax: 100,
  requestsPerKey: 100,
  refusalsPerAddress: 1000,
  headMs: 500,
  requestMs: 1000,
  idleMs: 500,
  trustedProxies: [],
};

async function listen(t: TestContext, door: Partial<DoorConfig> = {}, pair?: Pair) {
  const makeServer = makeListener({ ...DOOR, ...door }, pair);
  const world = openWorld({}, { makeServer });
  t.after(() => {
    world.app.server.closeAllConnections();
    return world.close();
  });
  await world.app.listen({ port: 0, host: '127.0.0.1' });
  // It listens on a TCP port.
  const { port } = world.app.server.address() as AddressInfo;
  return { port, server: world.app.server };
}

async function opened(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the other side closes. */
async function toItsEnd(socket: Socket): Promise<string> {
  let text = '';
  for await (const piece of socket) text += String(piece);
  return text;
}

for (const [what, words] of [
  ['a head that never ends', 'GET /v20180820/jobs HTTP/1.1\r\nHost: h\r\nX-Slow: '],
  [
    'a body that never ends',
    'POST /v20180820/jobs HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc',
  ],
] as const) {
  test(`${what} is cut off, however busily it drips`, async (t) => {
    const { port } = await listen(t);
    const socket = await opened(t, port);
    socket.write(words);
    const drip = setInterval(() => socket.write('x'), 50);
    t.after(() => clearInterval(drip));
    assert.match(await toItsEnd(socket), /^(HTTP\/1\.1 (408|400) |$)/);
    clearInterval(drip);
  });
}

test('a connection that asks nothing more is closed after a while', async (t) => {
  const { port } = await listen(t);
  const socket = await opened(t, port);
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.match(await toItsEnd(socket), /^HTTP\/1\.1 404 /);
});

test('headers beyond what there is room for are refused', async (t) => {
  const { port } = await listen(t);
  const socket = await opened(t, port);
  socket.write(`GET / HTTP/1.1\r\nHost: h\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
  const answer = await toItsEnd(socket);
  assert.match(answer, /^HTTP\/1\.1 400 [^]*<Code>BadRequestException<\/Code>/);
});

test('connections beyond the limit are closed as they come, and the others go on', async (t) => {
  const { port } = await listen(t, { connectionsMax: 2 });
  const [first] = [await opened(t, port), await opened(t, port)];
  const third = await opened(t, port);
  assert.equal(await toItsEnd(third), '');
  first.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  assert.match(await toItsEnd(first), /^HTTP\/1\.1 404 /);
});

async function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

test('TLS is spoken from 1.2 on, and not below', async (t) => {
  const { trusted } = CERTIFICATES;
  const { port } = await listen(t, {}, trusted);
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await handshake(port, {
      ca: trusted.cert,
      minVersion: version,
      maxVersion: version,
    });
    assert.equal(socket.getProtocol(), version);
    socket.destroy();
  }
  const old = { ca: trusted.cert, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
  // The client's own library must be let to speak it, or this would say nothing of the server.
  const ciphers = 'DEFAULT:@SECLEVEL=0';
  await assert.rejects(
    handshake(port, { ...old, ciphers }),
    /alert protocol version|unsupported protocol/i,
  );
});

test('a new certificate is taken up without ending a connection, and a bad one is not', async (t) => {
  const { trusted, other } = CERTIFICATES;
  const folder = await mkdtemp(join(tmpdir(), 'brigade-tls-'));
  t.after(() => rm(folder, { recursive: true }));
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  const write = async (pair: Pair): Promise<void> => {
    await writeFile(files.certFile, pair.cert);
    await writeFile(files.keyFile, pair.key);
  };
  await write(trusted);
  const first = readPair(files);
  const { port, server } = await listen(t, { idleMs: 60_000 }, first);
  const complaints: unknown[] = [];
  const log = { ...silentLog, error: (fields: object) => complaints.push(fields) };
  const clock = new ManualClock();
  assert.ok(server instanceof https.Server);
  const watching = watchPair(files, first, server, { clock, log });
  t.after(() => watching.stop());

  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ask = (ca: string, through?: https.Agent): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const request = https.get({
        host: '127.0.0.1',
        port,
        path: '/',
        ca,
        agent: through ?? false,
      });
      request.on('error', reject);
      request.on('response', (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode));
      });
    });
  assert.equal(await ask(trusted.cert, agent), 404);

  // Half a renewal.
  await writeFile(files.certFile, other.cert);
  watching.look();
  watching.look();
  assert.equal(complaints.length, 1, 'one trouble, told once');
  assert.doesNotMatch(JSON.stringify(complaints), /PRIVATE/);
  assert.equal(await ask(trusted.cert), 404);

  await writeFile(files.keyFile, other.key);
  // Without a signal, by time alone.
  clock.advance(10_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await ask(other.cert), 404);
  await assert.rejects(ask(trusted.cert), /self-signed certificate|unable to verify/);
  assert.equal(await ask(trusted.cert, agent), 404, 'the connection that stood was ended');
});

test('files that are no pair are refused at the start, without a word of the key', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'brigade-tls-'));
  t.after(() => rm(folder, { recursive: true }));
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  assert.throws(
    () => readPair(files),
    /BRIGADE_TLS_CERT: the file .*cert\.pem cannot be read: ENOENT/,
  );
  await writeFile(files.certFile, CERTIFICATES.trusted.cert);
  await writeFile(files.keyFile, CERTIFICATES.other.key);
  assert.throws(() => readPair(files), /no pair of certificate and key/);
});
