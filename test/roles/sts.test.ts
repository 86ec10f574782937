// Aim: AssumeRole is asked as AWS wants it, and whatever answers it, nothing rejects, nothing is
// followed, nothing unbounded is read, and nothing that is no credential becomes one.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../src/base/clock.ts';
import { createSts, type Sts } from '../../src/roles/index.ts';
import { createSigner, sha256Hex } from '../../src/sigv4/index.ts';
import { badServer, type Received } from '../s3/bad-server.ts';

const CREDENTIALS = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
const ARN = 'arn:aws:iam::123456789012:role/team/a+b';

interface Place {
  readonly sts: Sts;
  readonly received: Received[];
}

async function place(
  t: TestContext,
  answer: (response: ServerResponse, received: Received) => void,
  more: { readonly externalId?: string } = {},
): Promise<Place> {
  const server = await badServer((received, response) => answer(response, received));
  t.after(() => server.close());
  const options = {
    region: 'eu-central-1',
    credentials: CREDENTIALS,
    durationSeconds: 900,
    clock: systemClock,
  };
  const sts = createSts({ endpoint: server.endpoint, ...options, ...more });
  t.after(() => sts.close());
  return { sts, received: server.received };
}

function answerOf(fields: Readonly<Record<string, string>>): string {
  const inner = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>${inner.join('')}</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

const GOOD = { AccessKeyId: 'ASIA1', SecretAccessKey: 'a/b+c', SessionToken: 'IQoJ//+=&amp;' };

test('the request is a signed form with the role, the session and its length', async (t) => {
  const { sts, received } = await place(t, (response) => response.end(answerOf(GOOD)), {
    externalId: 'outside 1',
  });
  const before = Date.now();
  const assumed = await sts.assumeRole(ARN, 'brigade-job-1');
  assert.ok(assumed.ok);
  const { expiresAt, ...keys } = assumed.credentials;
  assert.deepEqual(keys, {
    accessKeyId: 'ASIA1',
    secretAccessKey: 'a/b+c',
    sessionToken: 'IQoJ//+=&',
  });
  assert.ok(expiresAt >= before + 900_000 && expiresAt <= Date.now() + 900_000);
  const [one] = received;
  assert.ok(one);
  const { method, url: target, headers, body } = one;
  assert.deepEqual(Object.fromEntries(new URLSearchParams(body.toString())), {
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: ARN,
    RoleSessionName: 'brigade-job-1',
    DurationSeconds: '900',
    ExternalId: 'outside 1',
  });
  // Ceph RGW does not take a plus sign for a space.
  assert.ok(!body.includes('+'));
  const { 'content-type': type = '', host = '', 'x-amz-date': date = '' } = headers;
  const signer = createSigner({ ...CREDENTIALS, region: 'eu-central-1', service: 'sts' });
  const toSign = { method, path: '/', query: '', headers: { host, 'content-type': type } };
  const at = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
  const added = signer.sign({ ...toSign, payloadHash: sha256Hex(body) }, at);
  assert.equal(target, '/');
  assert.equal(headers['authorization'], added['authorization']);
});

test('a session ends when STS says, where that is sooner; a wrong clock of theirs makes none', async (t) => {
  let expiration = '';
  const { sts } = await place(t, (response) =>
    response.end(answerOf({ ...GOOD, Expiration: expiration })),
  );
  const lifeMs = async (saidMs: number): Promise<number> => {
    expiration = new Date(Date.now() + saidMs).toISOString();
    const at = Date.now();
    const assumed = await sts.assumeRole(ARN, 'n');
    assert.ok(assumed.ok);
    return Math.round((assumed.credentials.expiresAt - at) / 10_000) * 10_000;
  };
  assert.equal(await lifeMs(60_000), 60_000);
  assert.equal(await lifeMs(10_000_000), 900_000);
  assert.equal(await lifeMs(-10_000_000), 900_000);
});

const error = (code: string): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>because</Message></Error></ErrorResponse>`;

for (const [status, code, isFinal] of [
  [403, 'AccessDenied', true],
  [404, 'NoSuchEntity', true],
  [400, 'ValidationError', true],
  [403, 'RequestTimeTooSkewed', false],
  [400, 'Throttling', false],
  [503, 'ServiceUnavailable', false],
  [500, 'InternalFailure', false],
] as const) {
  test(`${status} ${code} is ${isFinal ? 'final' : 'waited for'}`, async (t) => {
    const { sts } = await place(t, (response) => response.writeHead(status).end(error(code)));
    assert.deepEqual(await sts.assumeRole(ARN, 'n'), {
      ok: false,
      reason: `${code}: because`,
      isFinal,
    });
  });
}

test('an answer that is no answer gives no credentials', async (t) => {
  const answers: Record<string, (response: ServerResponse) => void> = {
    'a document type': (response) =>
      response.end(`<!DOCTYPE a [<!ENTITY x "y">]>${answerOf(GOOD)}`),
    'a token that would end its header': (response) =>
      response.end(answerOf({ ...GOOD, SessionToken: 'a&#13;&#10;x-amz-acl: public-read' })),
    'a key without a secret': (response) => response.end(answerOf({ AccessKeyId: 'ASIA1' })),
    'ten megabytes': (response) => response.end(answerOf(GOOD) + ' '.repeat(10_000_000)),
    'a redirect': (response) => response.writeHead(307, { location: '/elsewhere' }).end(),
    nothing: (response) => response.destroy(),
    'a page': (response) => response.end('<html><body>Hello</body></html>'),
  };
  for (const [name, answer] of Object.entries(answers)) {
    await t.test(name, async (t) => {
      const { sts, received } = await place(t, answer);
      const assumed = await sts.assumeRole(ARN, 'n');
      assert.equal(assumed.ok, false);
      assert.ok(!assumed.ok && !assumed.isFinal && assumed.reason.length <= 160);
      assert.equal(received.length, 1);
    });
  }
});

test('whatever bytes come back, a value comes out', async (t) => {
  let next: { status: number; body: Uint8Array } = { status: 200, body: Buffer.alloc(0) };
  const { sts } = await place(t, (response) => response.writeHead(next.status).end(next.body));
  const status = fc.constantFrom(200, 201, 204, 301, 400, 403, 404, 429, 500, 503);
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constant(answerOf(GOOD)),
    fc.constant(error('X')),
  );
  await fc.assert(
    fc.asyncProperty(status, fc.array(text, { maxLength: 3 }), async (code, texts) => {
      next = { status: code, body: Buffer.from(texts.join('')) };
      const assumed = await sts.assumeRole(ARN, 'n');
      if (assumed.ok) assert.equal(code, 200);
      else assert.ok(assumed.reason.length > 0 && !/[\r\n]/.test(assumed.reason));
    }),
    { numRuns: 100 },
  );
});
