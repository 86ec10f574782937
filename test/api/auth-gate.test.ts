// Aim: nobody gets in without a signature, the right body and the right account; each refusal has
// its own code, in S3 Control's XML.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createSigner } from '../../src/sigv4/index.ts';
import { ACCOUNT, createJobXml, HOST, openWorld, OTHER_ACCOUNT, type RawCall } from './world.ts';

const world = openWorld();
after(() => world.close());

const LIST = '/v20180820/jobs';
const withHeaders =
  (changes: Readonly<Record<string, string | undefined>>) =>
  (request: RawCall): RawCall => ({
    ...request,
    headers: Object.fromEntries(
      Object.entries({ ...request.headers, ...changes }).filter(([, v]) => v !== undefined),
    ) as Record<string, string>,
  });

test('a signed call of the account that owns the key is answered', async () => {
  const reply = await world.call('GET', LIST);
  assert.equal(reply.status, 200);
  assert.equal(reply.headers['content-type'], 'application/xml');
});

test('a call without a signature is refused with AccessDenied', async () => {
  const headers = { host: HOST, 'x-amz-account-id': ACCOUNT };
  const reply = await world.send({ method: 'GET', target: LIST, headers, body: '' });
  assert.deepEqual([reply.status, reply.code], [403, 'AccessDenied']);
});

test('a key that nobody has is refused with InvalidAccessKeyId', async () => {
  const reply = await world.call('GET', LIST, { accessKeyId: 'NOBODY' });
  assert.deepEqual([reply.status, reply.code], [403, 'InvalidAccessKeyId']);
});

test('an altered signature is refused with SignatureDoesNotMatch', async () => {
  const reply = await world.call('GET', LIST, {
    tamper: (request) =>
      withHeaders({
        authorization: (request.headers['authorization'] ?? '').replace(
          /Signature=./,
          (text) => `Signature=${text.endsWith('0') ? '1' : '0'}`,
        ),
      })(request),
  });
  assert.deepEqual([reply.status, reply.code], [403, 'SignatureDoesNotMatch']);
});

test('an altered target is refused with SignatureDoesNotMatch', async () => {
  const tamper = (request: RawCall): RawCall => ({ ...request, target: `${LIST}?maxResults=1` });
  const reply = await world.call('GET', LIST, { tamper });
  assert.deepEqual([reply.status, reply.code], [403, 'SignatureDoesNotMatch']);
});

test('an altered body is refused with XAmzContentSHA256Mismatch', async () => {
  const tamper = (request: RawCall): RawCall => ({
    ...request,
    body: request.body.replace('<Priority>10', '<Priority>11'),
  });
  const reply = await world.call('POST', LIST, { body: createJobXml(), tamper });
  assert.deepEqual([reply.status, reply.code], [400, 'XAmzContentSHA256Mismatch']);
});

test('a body may be unsigned only when that is what was signed', async () => {
  const signer = createSigner({
    accessKeyId: 'AKID',
    secretAccessKey: 'secret',
    region: 'us-east-1',
    service: 's3',
  });
  const headers = { host: HOST, 'x-amz-account-id': ACCOUNT };
  const parts = { method: 'POST', path: LIST, query: '', headers, payloadHash: 'UNSIGNED-PAYLOAD' };
  const signed = { ...headers, ...signer.sign(parts, world.clock.now()) };
  const token = '<ClientRequestToken>unsigned</ClientRequestToken>';
  const body = createJobXml({ ClientRequestToken: token });
  const accepted = await world.send({ method: 'POST', target: LIST, headers: signed, body });
  assert.equal(accepted.status, 200, accepted.body);

  const reply = await world.call('POST', LIST, {
    body,
    tamper: withHeaders({ 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }),
  });
  assert.equal(reply.code, 'SignatureDoesNotMatch');
});

test('an aws-chunked body is refused', async () => {
  const signer = createSigner({
    accessKeyId: 'AKID',
    secretAccessKey: 'secret',
    region: 'us-east-1',
    service: 's3',
  });
  const headers = { host: HOST, 'x-amz-account-id': ACCOUNT };
  const payloadHash = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
  const added = signer.sign(
    { method: 'POST', path: LIST, query: '', headers, payloadHash },
    world.clock.now(),
  );
  const request = { method: 'POST', target: LIST, headers: { ...headers, ...added }, body: 'x' };
  assert.equal((await world.send(request)).code, 'XAmzContentSHA256Mismatch');
});

test('a clock sixteen minutes off is refused with RequestTimeTooSkewed', async () => {
  const request = world.call('GET', LIST, {
    tamper: (signed) => {
      world.clock.advance(16 * 60_000);
      return signed;
    },
  });
  const reply = await request;
  assert.deepEqual([reply.status, reply.code], [403, 'RequestTimeTooSkewed']);
});

test('a session token that no one gave out is refused with InvalidToken', async () => {
  const headers = { 'x-amz-security-token': 'made-up' };
  const reply = await world.call('GET', LIST, { headers });
  assert.deepEqual([reply.status, reply.code], [400, 'InvalidToken']);
});

test('a presigned call works until it expires', async () => {
  const signer = createSigner({
    accessKeyId: 'AKID',
    secretAccessKey: 'secret',
    region: 'us-east-1',
    service: 's3',
  });
  const headers = { host: HOST, 'x-amz-account-id': ACCOUNT };
  const target = signer.presign({ method: 'GET', path: LIST, headers }, world.clock.now(), 60);
  const request = { method: 'GET', target, headers, body: '' };
  assert.equal((await world.send(request)).status, 200);
  world.clock.advance(61_000);
  const expired = await world.send(request);
  assert.deepEqual([expired.status, expired.code], [403, 'AccessDenied']);
  assert.equal(expired.message, 'Request has expired');
});

test('the account must be there, twelve digits, and that of the key', async () => {
  const missing = await world.call('GET', LIST, {
    tamper: withHeaders({ 'x-amz-account-id': undefined }),
  });
  assert.equal(missing.code, 'SignatureDoesNotMatch'); // It was signed, and is gone.
  const malformed = await world.call('GET', LIST, { account: '12345' });
  assert.deepEqual([malformed.status, malformed.code], [400, 'BadRequestException']);
  const foreign = await world.call('GET', LIST, { account: OTHER_ACCOUNT });
  assert.deepEqual([foreign.status, foreign.code], [403, 'AccessDenied']);
});

test('a call that never named an account is refused with MissingSecurityHeader', async () => {
  const signer = createSigner({
    accessKeyId: 'AKID',
    secretAccessKey: 'secret',
    region: 'us-east-1',
    service: 's3',
  });
  const headers = { host: HOST };
  const target = signer.presign({ method: 'GET', path: LIST, headers }, world.clock.now(), 60);
  const reply = await world.send({ method: 'GET', target, headers, body: '' });
  assert.deepEqual([reply.status, reply.code], [400, 'MissingSecurityHeader']);
});

test('any host is accepted, and one of another account is refused', async () => {
  for (const host of ['x', '127.0.0.1:1', `${ACCOUNT}.anything.example`, `${ACCOUNT}.127.0.0.1`]) {
    assert.equal((await world.call('GET', LIST, { headers: { host } })).status, 200, host);
  }
  const reply = await world.call('GET', LIST, { headers: { host: `${OTHER_ACCOUNT}.x` } });
  assert.deepEqual([reply.status, reply.code], [400, 'BadRequestException']);
});

test('a request line in absolute form is the call that it names', async () => {
  const tamper = (request: RawCall): RawCall => ({
    ...request,
    target: `http://${HOST}${request.target}`,
  });
  for (const target of [LIST, `${LIST}?jobStatuses=New&maxResults=5`]) {
    assert.equal((await world.call('GET', target, { tamper })).status, 200, target);
  }
});

test('a stranger learns nothing about calls that do not exist', async () => {
  const headers = { host: HOST };
  const reply = await world.send({ method: 'GET', target: '/v20180820/x', headers, body: '' });
  assert.equal(reply.code, 'AccessDenied');
});
