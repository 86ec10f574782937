// Aim: who gets into the console, how long they stay, what a foreign page can make their browser do,
// and what every answer says to the browser.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { VIEWS } from '../../src/api/console/views.ts';
import { IDLE_MS, SESSION_MS } from '../../src/api/console/session.ts';
import { Secret } from '../../src/auth/index.ts';
import type { S3 } from '../../src/s3/index.ts';
import { HOST, openConsoleWorld } from './console-world.ts';

const world = openConsoleWorld();
after(() => world.close());
const MINUTE = 60_000;

test('no call of the console answers without a session', async () => {
  for (const { method, path } of VIEWS) {
    const reply = await world.call(method, path.replace(':jobId', 'x'), {
      headers: { cookie: '' },
    });
    assert.equal(reply.status, 401, path);
    assert.equal(reply.code, 'SignInRequired');
  }
});

test('the right pair of key and secret opens a session, every other pair does not', async () => {
  const pairs = [
    ['AKID', 'wrong'],
    ['AKID', ''],
    ['AKID', 'secret '],
    ['AKID', 'other secret'],
    ['nobody', 'secret'],
    ['', ''],
  ];
  for (const [accessKeyId, secretAccessKey] of pairs) {
    world.clock.advance(MINUTE);
    const reply = await world.call('POST', 'session', { body: { accessKeyId, secretAccessKey } });
    assert.deepEqual([reply.status, reply.code], [401, 'WrongKey'], `${accessKeyId}`);
    assert.equal(reply.headers['set-cookie'], undefined);
  }
  world.clock.advance(MINUTE);
  const body = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
  const reply = await world.call('POST', 'session', { body });
  const arn = 'arn:aws:iam::123456789012:root';
  assert.deepEqual(reply.json, { accessKeyId: 'AKID', account: '123456789012', arn });
  const cookie = String(reply.headers['set-cookie']);
  assert.match(cookie, /; Path=\/console; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  assert.ok(
    !cookie.includes('secret') && !cookie.includes(Buffer.from('secret').toString('base64url')),
  );
});

test('the cookie is for TLS only where the browser came by TLS', async () => {
  const body = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
  const headers = { 'x-forwarded-proto': 'https' };
  const reply = await world.call('POST', 'session', { body, headers });
  assert.match(String(reply.headers['set-cookie']), /; Secure$/);
});

test('after ten failures an address waits for a minute, another one does not', async () => {
  const own = openConsoleWorld();
  const attempt = (secretAccessKey: string, remoteAddress: string) =>
    own.app.inject({
      method: 'POST',
      url: '/console/api/session',
      headers: { host: HOST, 'x-brigade-console': 'user' },
      payload: { accessKeyId: 'AKID', secretAccessKey },
      remoteAddress,
    });
  for (let i = 0; i < 10; i++) assert.equal((await attempt('guess', '10.0.0.1')).statusCode, 401);
  assert.equal((await attempt('secret', '10.0.0.1')).statusCode, 429);
  assert.equal((await attempt('secret', '10.0.0.2')).statusCode, 200);
  own.clock.advance(MINUTE);
  assert.equal((await attempt('secret', '10.0.0.1')).statusCode, 200);
  await own.close();
});

test('a cookie of which one character is another opens nothing', async () => {
  const cookie = await world.signIn();
  const [name = '', value = ''] = cookie.split('=');
  for (let i = 0; i < value.length; i++) {
    const forged = `${value.slice(0, i)}${value[i] === 'B' ? 'C' : 'B'}${value.slice(i + 1)}`;
    // The last character of base64url holds bits that nobody reads.
    if (Buffer.from(forged, 'base64url').equals(Buffer.from(value, 'base64url'))) continue;
    const reply = await world.call('GET', 'jobs', { headers: { cookie: `${name}=${forged}` } });
    assert.equal(reply.status, 401, `character ${i}`);
  }
  for (const odd of ['', '...', 'a.b.c.d', `${value}.x`, value.replace(/\.[^.]*$/, '.')]) {
    const reply = await world.call('GET', 'jobs', { headers: { cookie: `${name}=${odd}` } });
    assert.equal(reply.status, 401, odd);
  }
  assert.equal((await world.call('GET', 'jobs')).status, 200);
});

test('a session ends an hour after its user last did something, whatever the page polls', async () => {
  await world.signIn();
  const headers = { 'x-brigade-console': 'background' };
  world.clock.advance(IDLE_MS - 1);
  const polled = await world.call('GET', 'jobs', { headers });
  assert.deepEqual([polled.status, polled.headers['set-cookie']], [200, undefined]);
  world.clock.advance(1);
  assert.equal((await world.call('GET', 'jobs', { headers })).status, 401);
});

test('whoever does something stays, but not for longer than twelve hours', async () => {
  let cookie = await world.signIn();
  for (let spent = 0; spent + IDLE_MS / 2 < SESSION_MS; spent += IDLE_MS / 2) {
    world.clock.advance(IDLE_MS / 2);
    const reply = await world.call('GET', 'jobs', { headers: { cookie } });
    assert.equal(reply.status, 200);
    cookie = String(reply.headers['set-cookie']).split(';')[0] ?? '';
  }
  world.clock.advance(IDLE_MS / 2);
  assert.equal((await world.call('GET', 'jobs', { headers: { cookie } })).status, 401);
});

test('a key that is removed, or has another secret, ends its sessions at once', async () => {
  const own = openConsoleWorld();
  await own.signIn();
  const key = own.keys.get('AKID');
  assert.ok(key);
  own.keys.delete('AKID');
  assert.equal((await own.call('GET', 'jobs')).status, 401);
  own.keys.set('AKID', { ...key, secret: new Secret('another') });
  assert.equal((await own.call('GET', 'jobs')).status, 401);
  own.keys.set('AKID', key);
  assert.equal((await own.call('GET', 'jobs')).status, 200);
  await own.close();
});

test('a session is known to another process, and to the one after a restart', async () => {
  const cookie = await world.signIn();
  const other = openConsoleWorld();
  other.clock.advance(world.clock.now() - other.clock.now());
  assert.equal((await other.call('GET', 'jobs', { headers: { cookie } })).status, 200);
  await other.close();
});

test('no change is made for a page of somebody else', async () => {
  const cookie = await world.signIn();
  const body = { Tags: [] };
  const change = (headers: Record<string, string>) =>
    world.raw('PUT', '/console/api/jobs/x/tags', { body, headers: { cookie, ...headers } });
  const ours = { 'x-brigade-console': 'user' };
  for (const headers of [
    {},
    { ...ours, 'sec-fetch-site': 'cross-site' },
    { ...ours, 'sec-fetch-site': 'same-site' },
    { ...ours, 'sec-fetch-site': 'none' },
    { ...ours, origin: 'https://evil.example' },
    { ...ours, origin: 'null' },
    { ...ours, origin: `http://${HOST}.evil.example` },
  ]) {
    const reply = await change(headers);
    assert.deepEqual([reply.status, reply.code], [403, 'NotFromConsole'], JSON.stringify(headers));
  }
  // Past the gate: the job is not there.
  for (const headers of [
    ours,
    { ...ours, 'sec-fetch-site': 'same-origin' },
    { ...ours, origin: `http://${HOST}` },
  ]) {
    assert.equal((await change(headers)).code, 'NotFoundException');
  }
});

test('a form of another site cannot even sign somebody in', async () => {
  const reply = await world.raw('POST', '/console/api/session', {
    body: '{"accessKeyId":"AKID","secretAccessKey":"secret"}',
    headers: { 'content-type': 'text/plain' },
  });
  assert.equal(reply.headers['set-cookie'], undefined);
  assert.equal(reply.status, 403);
});

test('every answer below /console forbids what the page does not need, and none with data is kept', async () => {
  await world.signIn();
  for (const target of [
    '/console/',
    '/console/assets/none.js',
    '/console/api/none',
    '/console/api/session',
  ]) {
    const { headers } = await world.raw('GET', target);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/, target);
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /style-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.ok(!/unsafe|https?:|\*/.test(policy));
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-frame-options'], 'DENY');
  }
  const { headers } = await world.call('GET', 'jobs');
  assert.equal(headers['cache-control'], 'no-store');
});

test('an error of ours gives nothing away and is logged', async () => {
  const own = openConsoleWorld();
  await own.signIn();
  await own.store.close();
  const reply = await own.call('GET', 'jobs');
  assert.deepEqual([reply.status, reply.code], [500, 'InternalServiceException']);
  assert.ok(!/database|sqlite|open/i.test(reply.text));
  assert.equal(own.logged.length, 1);
  await own.app.close();
});

test('whoever does not wait for an answer ends its requests to the store, and leaves no error', async () => {
  let asked = (): void => undefined;
  let ended = (): void => undefined;
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const isEnded = new Promise<void>((resolve) => (ended = resolve));
  const silent: S3 = {
    send: (_request, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          reject(new Error('aborted'));
          setImmediate(ended);
        });
        asked();
      }),
    open: () => Promise.reject(new Error('Nobody opens anything here.')),
    traits: async () => undefined,
  };
  const own = openConsoleWorld({ s3: silent });
  const cookie = await own.signIn();
  const url = await own.app.listen({ port: 0, host: '127.0.0.1' });
  const leaving = new AbortController();
  const request = fetch(`${url}/console/api/buckets`, {
    headers: { cookie },
    signal: leaving.signal,
  });
  await isAsked;
  leaving.abort();
  await assert.rejects(request);
  await isEnded;
  await own.close();
  assert.deepEqual(own.logged, []);
});

test('files of the page are served by their names, compressed and kept, and nothing outside is', async () => {
  const own = openConsoleWorld();
  assert.equal((await own.raw('GET', '/console/')).status, 503);
  const page = join(own.folder, 'page');
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(join(own.folder, 'secret.html'), 'not for anybody');
  writeFileSync(join(page, 'notes.txt'), 'no type that is served');
  writeFileSync(join(page, 'assets/a.js'), 'alert');
  writeFileSync(join(page, 'assets/a.js.br'), brotliCompressSync('alert'));
  writeFileSync(join(page, 'index.html'), '<title>page</title>');

  const script = await own.raw('GET', '/console/assets/a.js');
  assert.deepEqual([script.status, script.text], [200, 'alert']);
  assert.match(String(script.headers['cache-control']), /immutable/);
  const small = await own.raw('GET', '/console/assets/a.js', {
    headers: { 'accept-encoding': 'gzip, br' },
  });
  assert.equal(small.headers['content-encoding'], 'br');
  const same = await own.raw('GET', '/console/assets/a.js', {
    headers: { 'if-none-match': String(script.headers['etag']) },
  });
  assert.equal(same.status, 304);

  for (const address of ['/console/', '/console/jobs/1', '/console/notes.txt']) {
    const reply = await own.raw('GET', address);
    assert.deepEqual([reply.status, reply.text], [200, '<title>page</title>'], address);
    assert.equal(reply.headers['cache-control'], 'no-cache');
  }
  for (const path of [
    ...['../secret.html', '%2e%2e/secret.html', '..%2fsecret.html', 'assets/../../secret.html'],
    ...['assets/..%2f..%2fsecret.html', '..%5csecret.html', '%00', '....//secret.html'],
  ]) {
    const reply = await own.raw('GET', `/console/${path}`);
    assert.ok(!reply.text.includes('not for anybody'), path);
  }
  const gone = await own.raw('GET', '/console/assets/old.js');
  assert.equal(gone.status, 404);
  await own.close();
});
