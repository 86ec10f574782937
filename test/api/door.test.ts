// Aim: how much is let in is bounded by key, by address and at once; who signs is not made to pay for
// who does not, and a refusal is SlowDown of the table, in S3's words and in STS's.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Door } from '../../src/api/index.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { openWorld, type World } from './world.ts';

const LIST = '/v20180820/jobs';
const LIMITS = { requestsInFlightMax: 100, requestsPerKey: 5, refusalsPerAddress: 2 };

function open(t: TestContext, limits: Partial<typeof LIMITS> = {}): World & { tick: ManualClock } {
  const tick = new ManualClock();
  const world = openWorld({ door: new Door(tick, { ...LIMITS, ...limits }) });
  t.after(() => world.close());
  return { ...world, tick };
}

const unsigned = (world: World) =>
  world.send({ method: 'GET', target: LIST, headers: { host: 'h' }, body: '' });

test('a key has its rate, and another key its own', async (t) => {
  const world = open(t);
  for (let i = 0; i < 10; i++) assert.equal((await world.call('GET', LIST)).status, 200);
  const slow = await world.call('GET', LIST);
  assert.deepEqual(
    [slow.status, slow.code, slow.message],
    [503, 'SlowDown', 'Please reduce your request rate.'],
  );
  const other = { accessKeyId: 'OTHER', account: '999999999999' };
  assert.equal((await world.call('GET', LIST, other)).status, 200);
  world.tick.advance(1000);
  for (let i = 0; i < 5; i++) assert.equal((await world.call('GET', LIST)).status, 200);
  assert.equal((await world.call('GET', LIST)).status, 503);
});

test('whoever names a key without its secret uses up nothing of it', async (t) => {
  const world = open(t, { refusalsPerAddress: 1000 });
  for (let i = 0; i < 50; i++) {
    const forged = await world.call('GET', LIST, {
      tamper: (raw) => ({ ...raw, target: `${LIST}?jobStatuses=New` }),
    });
    assert.equal(forged.code, 'SignatureDoesNotMatch');
  }
  assert.equal((await world.call('GET', LIST)).status, 200);
});

test('an address that is refused too often is refused before it is listened to, for a while', async (t) => {
  const world = open(t);
  for (let i = 0; i < 10; i++) assert.equal((await unsigned(world)).code, 'AccessDenied');
  assert.deepEqual(
    [(await unsigned(world)).code, (await world.call('GET', LIST)).code],
    ['SlowDown', 'SlowDown'],
  );
  const health = await world.app.inject({ method: 'GET', url: '/health' });
  assert.notEqual(health.statusCode, 503, 'a probe was refused');
  world.tick.advance(1000);
  assert.equal((await world.call('GET', LIST)).status, 200);
});

test('calls that are good, or refused to a known key, cost the address nothing', async (t) => {
  const world = open(t, { requestsPerKey: 1000 });
  for (let i = 0; i < 50; i++) {
    assert.equal((await world.call('GET', `${LIST}/nobody`)).status, 400);
  }
  assert.equal((await unsigned(world)).code, 'AccessDenied');
});

test('STS says it in its own words', async (t) => {
  const world = open(t);
  const ask = () =>
    world.send({
      method: 'POST',
      target: '/',
      headers: { host: 'h' },
      body: 'Action=GetCallerIdentity',
    });
  for (let i = 0; i < 10; i++) assert.equal((await ask()).code, 'MissingAuthenticationToken');
  assert.match((await ask()).body, /SlowDown|Throttling/);
});

test('more requests at once than there is room for are refused, and leave their room when they go', async (t) => {
  const world = open(t, { requestsInFlightMax: 2, refusalsPerAddress: 1000 });
  await world.app.listen({ port: 0, host: '127.0.0.1' });
  // It listens on a TCP port.
  const { port } = world.app.server.address() as AddressInfo;
  const head = `POST ${LIST} HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n`;
  const half = async () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const seen = once(world.app.server, 'request');
    socket.write(head);
    await seen;
    return socket;
  };
  const held = [await half(), await half()];
  const refused = await fetch(`http://127.0.0.1:${port}${LIST}`);
  assert.equal(refused.status, 503);
  assert.match(await refused.text(), /<Code>SlowDown<\/Code>/);
  for (const socket of held) {
    socket.destroy();
    await once(socket, 'close');
  }
  // The server hears of it a little later.
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}${LIST}`);
    if (answer.status === 403) break;
    assert.equal(answer.status, 503);
  }
});

test('a body is as large as its call may need, and no larger', async (t) => {
  const world = open(t, { requestsPerKey: 1000 });
  const tags = await world.call('PUT', `${LIST}/x/tagging`, { body: 'x'.repeat(65 * 1024) });
  assert.equal(tags.code, 'EntityTooLarge');
  const create = await world.call('POST', LIST, { body: 'x'.repeat(65 * 1024) });
  assert.equal(create.code, 'MalformedXML');
  const huge = await world.call('POST', LIST, { body: 'x'.repeat(1024 * 1024 + 1) });
  assert.equal(huge.code, 'EntityTooLarge');
});

test('a request with hundreds of headers is refused', async (t) => {
  const world = open(t);
  const headers = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`x-h-${i}`, 'v']));
  assert.equal((await world.call('GET', LIST, { headers })).code, 'BadRequestException');
});

test('a proxy is believed only when it is trusted', async (t) => {
  for (const [trustedProxies, isApart] of [
    [['127.0.0.1'], true],
    [['10.0.0.1'], false],
    [[], false],
  ] as const) {
    const door = new Door(new ManualClock(), LIMITS);
    const world = openWorld({ door }, { trustedProxies });
    t.after(() => world.close());
    const from = async (address: string): Promise<string> => {
      const headers = { host: 'h', 'x-forwarded-for': address };
      return (await world.send({ method: 'GET', target: LIST, headers, body: '' })).code;
    };
    for (let i = 0; i < 10; i++) assert.equal(await from('192.0.2.1'), 'AccessDenied');
    assert.equal(await from('192.0.2.1'), 'SlowDown');
    assert.equal(await from('192.0.2.2'), isApart ? 'AccessDenied' : 'SlowDown');
  }
});
