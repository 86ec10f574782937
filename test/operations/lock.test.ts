import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobOperation, S3Retention } from '@aws-sdk/client-s3-control';
import type { S3Answer, S3Request } from '../../src/s3/index.ts';
import { answer, FakeS3, open, problems, run, TASK } from './scene.ts';

const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const ENABLED = `<ObjectLockConfiguration ${XMLNS}><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>`;
const UNTIL = new Date('2031-02-03T04:05:06.789Z');

function isProbe(request: S3Request): boolean {
  return request.query?.['object-lock'] !== undefined;
}

/** A store whose bucket has Object Lock. */
function locking(answering: (request: S3Request) => S3Answer | undefined = () => undefined) {
  return new FakeS3((request) => (isProbe(request) ? answer(200, ENABLED) : answering(request)));
}

function retention(Retention: S3Retention, BypassGovernanceRetention?: boolean): JobOperation {
  return { S3PutObjectRetention: { Retention, BypassGovernanceRetention } };
}

function hold(Status: 'ON' | 'OFF'): JobOperation {
  return { S3PutObjectLegalHold: { LegalHold: { Status } } };
}

test('a retention is one PUT, after one look at the bucket', async () => {
  const s3 = locking();
  const operation = retention({ Mode: 'COMPLIANCE', RetainUntilDate: UNTIL });
  const outcome = await run(operation, s3, { ...TASK, versionId: 'v1' });
  assert.deepEqual(outcome, { ok: true, message: 'Successful' });
  const [probe, put, ...more] = s3.requests;
  assert.deepEqual(more, []);
  assert.deepEqual(probe, { method: 'GET', bucket: 'source', query: { 'object-lock': '' } });
  assert.equal(put?.method, 'PUT');
  assert.deepEqual(put.query, { retention: '', versionId: 'v1' });
  assert.equal(
    put.body?.toString(),
    `<Retention ${XMLNS}><Mode>COMPLIANCE</Mode><RetainUntilDate>2031-02-03T04:05:06.789Z</RetainUntilDate></Retention>`,
  );
  assert.deepEqual(Object.keys(put.headers ?? {}).sort(), ['content-md5', 'content-type']);
});

test('neither mode nor date removes the retention, and bypass goes along when it is asked for', async () => {
  for (const bypass of [true, false, undefined]) {
    const s3 = locking();
    await run(retention({}, bypass), s3);
    const put = s3.requests[1];
    assert.equal(put?.body?.toString(), `<Retention ${XMLNS}></Retention>`);
    const header = put.headers?.['x-amz-bypass-governance-retention'];
    assert.equal(header, bypass === true ? 'true' : undefined);
  }
});

test('mode and date come together', () => {
  const field = 'Operation.S3PutObjectRetention.Retention';
  assert.deepEqual(problems(retention({ Mode: 'GOVERNANCE' })), [
    `${field}.RetainUntilDate: is required together with Mode`,
  ]);
  assert.deepEqual(problems(retention({ RetainUntilDate: UNTIL })), [
    `${field}.Mode: is required together with RetainUntilDate`,
  ]);
  assert.deepEqual(problems({ S3PutObjectRetention: { Retention: undefined } }), [
    `${field}: is required`,
  ]);
  assert.deepEqual(problems(retention({})), []);
  assert.deepEqual(problems(retention({ Mode: 'GOVERNANCE', RetainUntilDate: UNTIL })), []);
});

test('a legal hold is put on and taken off with one PUT', async () => {
  for (const status of ['ON', 'OFF'] as const) {
    const s3 = locking();
    const outcome = await run(hold(status), s3, { ...TASK, versionId: 'v1' });
    assert.equal(outcome.ok, true);
    assert.equal(s3.requests.length, 2);
    const put = s3.requests[1];
    assert.deepEqual(put?.query, { 'legal-hold': '', versionId: 'v1' });
    assert.equal(
      put.body?.toString(),
      `<LegalHold ${XMLNS}><Status>${status}</Status></LegalHold>`,
    );
  }
  assert.deepEqual(problems({ S3PutObjectLegalHold: { LegalHold: { Status: undefined } } }), [
    'Operation.S3PutObjectLegalHold.LegalHold.Status: is required',
  ]);
});

test('a refusal of the store is the outcome', async () => {
  const xml = '<Error><Code>AccessDenied</Code><Message>Compliance.</Message></Error>';
  const s3 = locking(() => answer(403, xml));
  assert.deepEqual(await run(retention({}, true), s3), {
    ok: false,
    httpStatus: 403,
    code: 'AccessDenied',
    message: 'Compliance.',
    again: 'never',
  });
});

test('a bucket without Object Lock fails the job before the first task, saying so', async () => {
  const error = (code: string): string => `<Error><Code>${code}</Code></Error>`;
  const notEnabled = 'Object Lock is not enabled on the bucket source.';
  const cases: readonly (readonly [S3Answer, string | undefined, RegExp])[] = [
    [
      answer(404, error('ObjectLockConfigurationNotFoundError')),
      'ObjectLockNotEnabled',
      /^Object Lock is not enabled on the bucket source\.$/,
    ],
    [answer(200, '<ObjectLockConfiguration/>'), 'ObjectLockNotEnabled', new RegExp(notEnabled)],
    // A store that does not know the sub-resource.
    [answer(200, '<ListBucketResult></ListBucketResult>'), 'ObjectLockNotEnabled', /not enabled/],
    [answer(501, error('NotImplemented')), 'ObjectLockNotEnabled', /NotImplemented/],
    [answer(405, error('MethodNotAllowed')), 'ObjectLockNotEnabled', /MethodNotAllowed/],
    [answer(404, error('NoSuchBucket')), undefined, /^The bucket source does not exist\.$/],
    [answer(403, error('AccessDenied')), undefined, /s3:GetBucketObjectLockConfiguration/],
  ];
  for (const operation of [retention({}), hold('ON')]) {
    for (const [probed, code, reason] of cases) {
      const s3 = new FakeS3(() => probed);
      const opened = await open(operation, s3);
      assert.ok(!opened.ok && opened.again === undefined);
      assert.equal(opened.code, code);
      assert.match(opened.reason, reason);
      assert.equal(s3.requests.length, 1);
    }
  }
});

test('a store that gives no answer lets the job wait', async () => {
  for (const probed of [answer(503), { ...answer(0), failure: 'The connection was reset.' }]) {
    const opened = await open(hold('ON'), new FakeS3(() => probed));
    assert.ok(!opened.ok && opened.again);
  }
});
