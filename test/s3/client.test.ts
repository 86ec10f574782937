import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createS3, mayHaveHappened, type S3Request } from '../../src/s3/index.ts';
import { sha256Hex, verifySigV4 } from '../../src/sigv4/index.ts';
import { type Answering, badServer, type BadServer } from './bad-server.ts';

async function serving(t: TestContext, answer: Answering): Promise<BadServer> {
  const server = await badServer(answer);
  t.after(() => server.close());
  return server;
}

const OBJECT: S3Request = { method: 'GET', bucket: 'bucket', key: 'key' };

test('a request carries a signature over everything that the server receives', async (t) => {
  const server = await serving(t, (_received, response) => response.end());
  const request: S3Request = {
    method: 'PUT',
    bucket: 'bucket',
    key: 'a b/ü+~/(1)*/%2F?&=#//..',
    query: { versionId: 'v/1+=', tagging: '' },
    headers: { 'content-type': 'application/xml', 'x-amz-meta-a': '  two   spaces ' },
    body: '<Tagging/>',
  };
  const client = server.client({
    endpoint: `${server.endpoint}/base/path/`,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' },
  });
  assert.equal((await client.send(request)).status, 200);

  const received = server.received[0];
  assert.ok(received);
  assert.equal(
    received.url,
    '/base/path/bucket/a%20b/%C3%BC%2B~/%281%29%2A/%252F%3F%26%3D%23//..' +
      '?tagging=&versionId=v%2F1%2B%3D',
  );
  assert.equal(received.headers['x-amz-content-sha256'], sha256Hex('<Tagging/>'));
  const verified = verifySigV4(
    { method: received.method, target: received.url, headers: received.headers },
    (id) => (id === 'AKID' ? 'secret' : undefined),
    Date.now(),
  );
  assert.equal(verified.ok && verified.sessionToken, 'token');
});

test('a precomputed hash of the body is used as it is', async (t) => {
  const server = await serving(t, (_received, response) => response.end());
  const bodySha256 = sha256Hex('x');
  await server.client().send({ ...OBJECT, method: 'PUT', body: Buffer.from('x'), bodySha256 });
  assert.equal(server.received[0]?.headers['x-amz-content-sha256'], bodySha256);
});

test('a PUT without a body says that its length is zero', async (t) => {
  const server = await serving(t, (_received, response) => response.end());
  await server.client().send({ ...OBJECT, method: 'PUT' });
  assert.equal(server.received[0]?.headers['content-length'], '0');
});

test('a slash in the name of a bucket does not reach into a key', async (t) => {
  const server = await serving(t, (_received, response) => response.end());
  await server.client().send({ method: 'DELETE', bucket: 'a/b', key: 'c' });
  assert.equal(server.received[0]?.url, '/a%2Fb/c');
});

test('an empty key is a bug of the caller, not a request about the bucket', async (t) => {
  const server = await serving(t, (_received, response) => response.end());
  await assert.rejects(server.client().send({ method: 'DELETE', bucket: 'b', key: '' }), {
    name: 'AssertionFailed',
  });
  assert.equal(server.received.length, 0);
});

const FAILURES: readonly { name: string; answer: Answering; failure: RegExp }[] = [
  {
    name: 'a connection that is reset',
    answer: (_received, response) => response.socket?.resetAndDestroy(),
    failure: /reset|closed/,
  },
  {
    name: 'a body shorter than its announced length',
    answer: (_received, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('<CopyObjectResult>', () => response.socket?.end());
    },
    failure: /closed before the answer was complete/,
  },
  {
    name: 'a chunked body without its end',
    answer: (_received, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.write('<CopyObjectResult>', () => response.socket?.destroy());
    },
    failure: /before the answer was complete/,
  },
  {
    name: 'headers that never come',
    answer: () => undefined,
    failure: /did not begin to answer in time/,
  },
  {
    name: 'a body that stops in the middle',
    answer: (_received, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
    },
    failure: /fell silent/,
  },
  {
    name: 'an answer that is not HTTP',
    answer: (_received, response) => response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n'),
    failure: /request failed: .*HTTP/,
  },
  {
    name: 'a body without bounds',
    answer: (_received, response) => response.end(Buffer.alloc(4 * 1024 * 1024 + 1)),
    failure: /larger than 4194304 bytes/,
  },
];

for (const { name, answer, failure } of FAILURES) {
  test(`no answer but a failure comes of ${name}, and the next request works`, async (t) => {
    let isBroken = true;
    const server = await serving(t, (received, response) => {
      if (isBroken) answer(received, response);
      else response.end('fine');
    });
    const client = server.client({ timeouts: { silenceMs: 300 }, connections: 1 });
    const broken = await client.send(OBJECT);
    assert.equal(broken.status, 0);
    assert.match(broken.failure ?? '', failure);
    assert.equal(mayHaveHappened(broken), true);
    isBroken = false;
    assert.equal((await client.send(OBJECT)).body.toString(), 'fine');
  });
}

test('nobody listening, and a name that does not resolve, are failures', async (t) => {
  const server = await badServer((_received, response) => response.end());
  await server.close();
  const options = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
    clock: systemClock,
    random: seededRandom(1),
  };
  const nobody = createS3({ ...options, endpoint: server.endpoint });
  const nameless = createS3({ ...options, endpoint: 'http://nowhere.invalid' });
  t.after(() => Promise.all([nobody.close(), nameless.close()]));
  const refused = await nobody.send(OBJECT);
  assert.match(refused.failure ?? '', /refused the connection/);
  assert.equal(mayHaveHappened(refused), false);
  assert.match((await nameless.send(OBJECT)).failure ?? '', /name/);
  const opened = await nobody.open(OBJECT);
  assert.ok(opened.status === 0 && 'failure' in opened);
});

test('a TLS handshake with something that is no TLS is a failure', async (t) => {
  const server = await serving(t, (_received, response) => response.end());
  const client = server.client({ endpoint: server.endpoint.replace('http:', 'https:') });
  const answer = await client.send(OBJECT);
  assert.equal(answer.status, 0);
  assert.match(answer.failure ?? '', /request failed|closed|reset/);
});

test('a redirect is an answer and is not followed', async (t) => {
  const server = await serving(t, (_received, response) => {
    response.writeHead(307, { location: `${server.endpoint}/elsewhere` }).end();
  });
  assert.equal((await server.client().send(OBJECT)).status, 307);
  assert.equal(server.received.length, 1);
});

test('abort rejects with its reason, in flight and while waiting for a connection', async (t) => {
  let arrived: () => void = () => undefined;
  const hasArrived = new Promise<void>((resolve) => (arrived = resolve));
  let isSilent = true;
  const server = await serving(t, (_received, response) => {
    if (isSilent) arrived();
    else response.end();
  });
  const client = server.client({ connections: 1 });
  const aborter = new AbortController();
  const inFlight = client.send(OBJECT, aborter.signal);
  const waiting = client.send(OBJECT, aborter.signal);
  await hasArrived;
  const reason = new Error('shutting down');
  aborter.abort(reason);
  await assert.rejects(inFlight, reason);
  await assert.rejects(waiting, reason);
  await assert.rejects(client.send(OBJECT, aborter.signal), reason);
  await assert.rejects(client.open(OBJECT, aborter.signal), reason);
  isSilent = false;
  assert.equal((await client.send({ ...OBJECT, key: 'later' })).status, 200);
  assert.deepEqual(
    server.received.map(({ url }) => url),
    ['/bucket/key', '/bucket/later'],
  );
});

test('close ends requests in flight as failures, and later ones too', async (t) => {
  let arrived: () => void = () => undefined;
  const hasArrived = new Promise<void>((resolve) => (arrived = resolve));
  const server = await serving(t, () => arrived());
  const client = server.client();
  const inFlight = client.send(OBJECT);
  await hasArrived;
  await client.close();
  assert.equal((await inFlight).status, 0);
  assert.match((await client.send(OBJECT)).failure ?? '', /closed/);
  const opened = await client.open(OBJECT);
  assert.ok('failure' in opened && /closed/.test(opened.failure ?? ''));
});

test('connections bound what is in flight', async (t) => {
  const held: (() => void)[] = [];
  let most = 0;
  const server = await serving(t, (_received, response) => {
    held.push(() => response.end());
    most = Math.max(most, held.length);
    if (held.length === 3) for (const release of held.splice(0)) release();
  });
  const client = server.client({ connections: 3 });
  const answers = await Promise.all(Array.from({ length: 39 }, () => client.send(OBJECT)));
  assert.ok(answers.every((answer) => answer.status === 200));
  assert.equal(most, 3);
});

test('headers that come twice are joined', async (t) => {
  const server = await serving(t, (_received, response) => {
    response.setHeader('x-twice', ['a', 'b']).end();
  });
  assert.equal((await server.client().send(OBJECT)).headers['x-twice'], 'a, b');
});

test('open gives a success as a stream and a refusal as an answer', async (t) => {
  const large = Buffer.alloc(6 * 1024 * 1024, 'x');
  const server = await serving(t, ({ url }, response) => {
    if (url === '/bucket/large') response.end(large);
    else response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
  });
  const client = server.client();
  const stream = await client.open({ method: 'GET', bucket: 'bucket', key: 'large' });
  assert.ok(stream.status === 200 && !Buffer.isBuffer(stream.body));
  assert.ok(Buffer.concat(await stream.body.toArray()).equals(large));
  const refusal = await client.open(OBJECT);
  assert.equal(refusal.status, 404);
  assert.ok(Buffer.isBuffer(refusal.body));
  assert.match(refusal.body.toString(), /NoSuchKey/);
});

test('a stream that ends early errors', async (t) => {
  const server = await serving(t, (_received, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.socket?.destroy());
  });
  const stream = await server.client().open(OBJECT);
  assert.ok(stream.status === 200 && !Buffer.isBuffer(stream.body));
  await assert.rejects(stream.body.toArray());
});

test('a store whose clock is an hour ahead is understood from its first 403 on', async (t) => {
  const aheadMs = 60 * 60 * 1000;
  const server = await serving(t, ({ method, url, headers }, response) => {
    const now = Date.now() + aheadMs;
    const verified = verifySigV4({ method, target: url, headers }, () => 'secret', now);
    response.setHeader('date', new Date(now).toUTCString());
    response.writeHead(verified.ok ? 200 : 403);
    response.end(verified.ok ? '' : `<Error><Code>${verified.code}</Code></Error>`);
  });
  const client = server.client();
  const first = await client.send(OBJECT);
  assert.match(first.body.toString(), /RequestTimeTooSkewed/);
  assert.equal((await client.send(OBJECT)).status, 200);
});

test('a store is recognised by one request, which is asked once', async (t) => {
  const server = await serving(t, (_received, response) => {
    const id = 'tx000003a0f8cc2e8a1b6d5-0065a1b2c3-4155-default';
    response.setHeader('x-amz-request-id', id).writeHead(403).end();
  });
  const client = server.client();
  assert.equal((await client.traits())?.name, 'Ceph RGW');
  assert.equal((await client.traits())?.copyIgnoresTagging, true);
  assert.deepEqual(
    server.received.map(({ method, url }) => `${method} ${url}`),
    ['HEAD /'],
  );
});

test('what a proxy says while the store is down settles nothing', async (t) => {
  let isUp = false;
  const server = await serving(t, (_received, response) => {
    response.writeHead(isUp ? 200 : 502, { 'x-amz-request-id': '4442587FB7D0A2F9' }).end();
  });
  const client = server.client();
  assert.equal(await client.traits(), undefined);
  isUp = true;
  assert.equal((await client.traits())?.name, 'S3');
});
