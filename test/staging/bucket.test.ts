/**
 * Staging in a bucket over a bad line. Aim: what may pass is tried again and does no harm when it had
 * happened; what does not pass is told apart from what is lost; and nothing foreign is deleted, not
 * even when the store names it.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import {
  bucketStaging,
  StagedFileLost,
  type Staging,
  StagingUnavailable,
} from '../../src/staging/index.ts';
import { text } from '../contract/staging.contract.ts';
import { badServer, type Received } from '../s3/bad-server.ts';

const JOB = '01234567-89ab-cdef-0123-456789abcdef';
const PART = { jobId: JOB, seq: 3, fence: 2 };
const PATH = `/b/p/jobs/${JOB}/0/3-2.csv`;

/** `answer` returns false for what is answered with 200 and nothing else. */
async function over(
  t: TestContext,
  answer: (one: Received, response: ServerResponse) => boolean,
): Promise<{ staging: Staging; received: Received[] }> {
  const server = await badServer((one, response) => {
    if (!answer(one, response)) response.end();
  });
  t.after(() => server.close());
  const clock = { ...systemClock, sleep: () => Promise.resolve() };
  const s3 = server.client();
  const staging = bucketStaging({ s3, bucket: 'b', prefix: 'p', clock, random: seededRandom(1) });
  return { staging, received: server.received };
}

const refuse = (response: ServerResponse, status: number, code: string): boolean => {
  response
    .writeHead(status)
    .end(`<Error><Code>${code}</Code><Message>It said ${code}</Message></Error>`);
  return true;
};

test('a PUT whose answer is lost is sent again, the same bytes under the same name', async (t) => {
  let lost = 0;
  const { staging, received } = await over(t, (_one, response) => {
    if (++lost > 3) return false;
    response.socket?.destroy();
    return true;
  });
  await staging.write(PART, Buffer.from('rows'));
  assert.deepEqual(
    received.map(({ method, url, body }) => `${method} ${url} ${body.toString()}`),
    Array(4).fill(`PUT ${PATH} rows`),
  );
  assert.equal(
    received[0]?.headers['content-md5'],
    createHash('md5').update('rows').digest('base64'),
  );
});

for (const [status, code, isRefused] of [
  [503, 'SlowDown', false],
  [500, 'InternalError', false],
  [403, 'AccessDenied', true],
  [404, 'NoSuchBucket', true],
] as const) {
  test(`${code} makes staging unavailable, for writing, reading, listing and cleaning up`, async (t) => {
    const { staging } = await over(t, (_one, response) => refuse(response, status, code));
    const isTold = (error: unknown): boolean => {
      assert.ok(error instanceof StagingUnavailable, String(error));
      assert.equal(error.isRefused, isRefused);
      assert.equal(
        error.message,
        `Staging in s3://b/p cannot be used: ${status} ${code}: It said ${code}`,
      );
      return true;
    };
    await assert.rejects(staging.write(PART, Buffer.from('rows')), isTold);
    await assert.rejects(text(staging, PART, 0, 4), isTold);
    await assert.rejects(staging.remove(PART), isTold);
    await assert.rejects(staging.removeJob(JOB), isTold);
    await assert.rejects(staging.jobs(), isTold);
  });
}

test('a read that breaks goes on where it broke, and gives every byte once', async (t) => {
  const whole = 'a part of many rows, which does not come in one piece';
  const { staging, received } = await over(t, ({ headers }, response) => {
    const [, start = '0', end = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers['range'] ?? '') ?? [];
    const rest = whole.slice(Number(start), Number(end) + 1);
    response.writeHead(206, { 'content-length': rest.length });
    // Each answer breaks off after seven bytes, but for the last.
    if (rest.length <= 7) response.end(rest);
    else response.write(rest.slice(0, 7), () => response.socket?.destroy());
    return true;
  });
  assert.equal(await text(staging, PART, 2, whole.length), whole.slice(2));
  assert.equal(received[0]?.headers['range'], `bytes=2-${whole.length - 1}`);
  assert.ok(received.length >= 8);
});

test('an answer that ends early without an error is asked for again, and then the part is lost', async (t) => {
  const { staging } = await over(t, ({ headers }, response) => {
    if (!headers['range']?.startsWith('bytes=0-')) return refuse(response, 416, 'InvalidRange');
    response.writeHead(206).end('four');
    return true;
  });
  await assert.rejects(text(staging, PART, 0, 10), (error) => {
    assert.ok(error instanceof StagedFileLost, String(error));
    assert.match(error.message, /s3:\/\/b\/p\/jobs\/.+\/3-2\.csv: it ends before byte 4/);
    return true;
  });
});

test('a store that heeds no ranges is not believed', async (t) => {
  const { staging } = await over(t, (_one, response) => {
    response.writeHead(200).end('the whole file');
    return true;
  });
  await assert.rejects(text(staging, PART, 4, 9), /ranged read with 200/);
});

test('of what a store lists only our own names are deleted, and what it keeps is told', async (t) => {
  const deleted: string[] = [];
  let kept = false;
  const names = [
    `p/jobs/${JOB}/0/3-2.csv`,
    `p/jobs/${JOB}/0/notes.csv`,
    `other/jobs/${JOB}/0/3-2.csv`,
    `p/jobs/${JOB}/list/0/7.csv`,
  ];
  const { staging } = await over(t, ({ method, body }, response) => {
    if (method === 'POST') {
      deleted.push(
        ...[...body.toString().matchAll(/<Key>([^<]+)/g)].map((match) => match[1] ?? ''),
      );
      const error = kept ? `<Error><Key>${names[0]}</Key><Code>AccessDenied</Code></Error>` : '';
      response.end(`<DeleteResult>${error}</DeleteResult>`);
      return true;
    }
    const keys = names.map((name) => `<Contents><Key>${name}</Key></Contents>`).join('');
    response.end(
      `<ListBucketResult>${keys}<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken></ListBucketResult>`,
    );
    return true;
  });
  await staging.removeJob(JOB);
  // Twice: a store that repeats one page for ever is asked for it once more.
  assert.deepEqual(deleted, [names[0], names[3], names[0], names[3]]);
  kept = true;
  await assert.rejects(staging.removeJob(JOB), /3-2\.csv could not be deleted: AccessDenied/);
});
