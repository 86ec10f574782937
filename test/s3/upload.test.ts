import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { abortStaleUploads, putObjectStream, type UploadTarget } from '../../src/s3/index.ts';
import { partBytes } from '../../src/s3/upload.ts';
import { badServer, type Received } from './bad-server.ts';

const MIB = 1024 * 1024;
const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() };
const options = { clock, random: seededRandom(1) };
const TARGET: UploadTarget = {
  bucket: 'reports',
  key: 'job/results/1.csv',
  contentType: 'text/csv',
  expectedBucketOwner: '123456789012',
  headers: { 'x-amz-server-side-encryption': 'AES256' },
};

/** Multipart uploads, just enough of them; `trouble` may take an answer over and says so. */
async function uploadStore(
  t: TestContext,
  trouble: (received: Received, response: ServerResponse) => boolean = () => false,
) {
  const uploads = new Map<string, Map<number, Buffer>>();
  const objects = new Map<string, Buffer>();
  const server = await badServer((received, response) => {
    if (trouble(received, response)) return;
    const url = new URL(received.url, 'http://store');
    const uploadId = url.searchParams.get('uploadId');
    const upload = uploads.get(uploadId ?? '');
    if (url.searchParams.has('uploads')) {
      const id = `id&${uploads.size}`;
      uploads.set(id, new Map());
      response.end(
        `<InitiateMultipartUploadResult><UploadId>${id.replace('&', '&amp;')}</UploadId></InitiateMultipartUploadResult>`,
      );
    } else if (uploadId === null) {
      const md5 = hash('md5', received.body, 'base64');
      response.writeHead(md5 === received.headers['content-md5'] ? 200 : 400);
      objects.set(url.pathname, received.body);
      response.end();
    } else if (upload === undefined) {
      response.writeHead(404).end('<Error><Code>NoSuchUpload</Code></Error>');
    } else if (received.method === 'PUT') {
      const part = Number(url.searchParams.get('partNumber'));
      upload.set(part, received.body);
      response.setHeader('etag', `"${hash('md5', received.body)}"`).end();
    } else if (received.method === 'DELETE') {
      uploads.delete(uploadId);
      response.writeHead(204).end();
    } else {
      const parts = [...upload].sort(([a], [b]) => a - b).map(([, content]) => content);
      const listed = received.body.toString().match(/<PartNumber>/g)?.length;
      if (listed === parts.length) objects.set(url.pathname, Buffer.concat(parts));
      uploads.delete(uploadId);
      response.end('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
    }
  });
  t.after(() => server.close());
  return { server, uploads, objects, s3: server.client() };
}

/** `bytes` of a pattern that repeats at no part's border, in pieces of odd length. */
function content(bytes: number): Buffer {
  return Buffer.alloc(bytes, 'bucket-brigade-1');
}

/** By `equals`: the diff of a failing deepEqual would take minutes for megabytes. */
function assertStored(objects: ReadonlyMap<string, Buffer>, whole: Buffer): void {
  assert.ok(objects.get('/reports/job/results/1.csv')?.equals(whole));
}

async function* pieces(whole: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < whole.length; at += size) {
    await Promise.resolve();
    yield whole.subarray(at, at + size);
  }
}

for (const bytes of [0, 1, 64 * 1024 + 1, 8 * MIB]) {
  test(`${bytes} bytes are one PUT with their MD5`, async (t) => {
    const { server, objects, s3 } = await uploadStore(t);
    const whole = content(bytes);
    const uploaded = await putObjectStream(s3, TARGET, pieces(whole, 1_000_003), options);
    assert.deepEqual(uploaded, { ok: true, md5: hash('md5', whole), bytes });
    assert.equal(server.received.length, 1);
    const headers = server.received[0]?.headers;
    assert.equal(headers?.['content-type'], 'text/csv');
    assert.equal(headers?.['x-amz-expected-bucket-owner'], '123456789012');
    assert.equal(headers?.['x-amz-server-side-encryption'], 'AES256');
    assertStored(objects, whole);
  });
}

for (const piece of [777_777, 30 * MIB]) {
  test(`more than a part goes up in parts, out of pieces of ${piece} bytes`, async (t) => {
    const { server, objects, uploads, s3 } = await uploadStore(t);
    const whole = content(20 * MIB + 5);
    const uploaded = await putObjectStream(s3, TARGET, pieces(whole, piece), options);
    assert.deepEqual(uploaded, { ok: true, md5: hash('md5', whole), bytes: whole.length });
    assertStored(objects, whole);
    assert.equal(uploads.size, 0);
    assert.deepEqual(
      server.received.map((one) => `${one.method} ${one.body.length > MIB ? one.body.length : ''}`),
      ['POST ', `PUT ${8 * MIB}`, `PUT ${8 * MIB}`, `PUT ${4 * MIB + 5}`, 'POST '],
    );
    assert.ok(server.received.every((one) => one.headers['x-amz-expected-bucket-owner']));
  });
}

test('a part that fails for a while is sent again', async (t) => {
  let failures = 3;
  const { objects, s3 } = await uploadStore(t, ({ url }, response) => {
    if (!url.includes('partNumber=2') || failures-- <= 0) return false;
    if (failures === 1) response.socket?.destroy();
    else response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
    return true;
  });
  const whole = content(9 * MIB);
  const uploaded = await putObjectStream(s3, TARGET, pieces(whole, MIB), options);
  assert.equal(uploaded.ok, true);
  assertStored(objects, whole);
});

test('a part that is refused ends the upload, which is aborted', async (t) => {
  const { objects, uploads, s3 } = await uploadStore(t, ({ url }, response) => {
    if (!url.includes('partNumber=2')) return false;
    response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>No.</Message></Error>');
    return true;
  });
  const outcome = await putObjectStream(s3, TARGET, pieces(content(9 * MIB), MIB), options);
  assert.equal(!outcome.ok && outcome.code, 'AccessDenied');
  assert.equal(uploads.size, 0);
  assert.equal(objects.size, 0);
});

test('an error inside the 200 of the completion is a failure, and nothing stays behind', async (t) => {
  const { uploads, s3 } = await uploadStore(t, ({ method, url }, response) => {
    if (method !== 'POST' || !url.includes('uploadId')) return false;
    response.end('\n \n<Error><Code>InternalError</Code><Message>Again.</Message></Error>');
    return true;
  });
  const outcome = await putObjectStream(s3, TARGET, pieces(content(9 * MIB), MIB), options);
  assert.equal(!outcome.ok && outcome.code, 'InternalError');
  assert.equal(!outcome.ok && outcome.again, 'later');
  assert.equal(uploads.size, 0);
});

test('a completion whose answer was lost is a failure to be done again, not a success', async (t) => {
  let isLost = true;
  const store = await uploadStore(t, ({ method, url }, response) => {
    if (method !== 'POST' || !url.includes('uploadId') || !isLost) return false;
    isLost = false;
    store.uploads.clear();
    response.socket?.destroy();
    return true;
  });
  const outcome = await putObjectStream(store.s3, TARGET, pieces(content(9 * MIB), MIB), options);
  assert.equal(!outcome.ok && outcome.code, 'NoSuchUpload');
  assert.equal(!outcome.ok && outcome.again, 'later');
});

test('a part of an upload that somebody has aborted is a failure to be done again', async (t) => {
  const store = await uploadStore(t, ({ url }, response) => {
    if (!url.includes('partNumber=2')) return false;
    response.writeHead(404).end('<Error><Code>NoSuchUpload</Code><Message>Gone.</Message></Error>');
    return true;
  });
  const outcome = await putObjectStream(store.s3, TARGET, pieces(content(9 * MIB), MIB), options);
  assert.deepEqual(!outcome.ok && [outcome.code, outcome.again], ['NoSuchUpload', 'later']);
});

test('a store that answers the upload without an id or a part without an ETag fails it', async (t) => {
  const noId = await uploadStore(t, ({ url }, response) => {
    if (!url.includes('uploads')) return false;
    response.end('<InitiateMultipartUploadResult></InitiateMultipartUploadResult>');
    return true;
  });
  const noEtag = await uploadStore(t, ({ url }, response) => {
    if (!url.includes('partNumber')) return false;
    response.end();
    return true;
  });
  for (const { s3 } of [noId, noEtag]) {
    const outcome = await putObjectStream(s3, TARGET, pieces(content(9 * MIB), MIB), options);
    assert.equal(!outcome.ok && outcome.code, 'InternalError');
  }
  assert.equal(noEtag.uploads.size, 0);
});

test('abort rejects with its reason and aborts the upload', async (t) => {
  const aborter = new AbortController();
  const reason = new Error('shutting down');
  const { uploads, s3 } = await uploadStore(t, ({ url }) => {
    if (!url.includes('partNumber=2')) return false;
    aborter.abort(reason);
    return true;
  });
  const uploading = putObjectStream(s3, TARGET, pieces(content(9 * MIB), MIB), {
    ...options,
    signal: aborter.signal,
  });
  await assert.rejects(uploading, reason);
  assert.equal(uploads.size, 0);
});

test('an error of the source is handed through and aborts the upload', async (t) => {
  const { uploads, s3 } = await uploadStore(t);
  const reason = new Error('the part file is gone');
  const source = async function* (): AsyncGenerator<Buffer> {
    yield* pieces(content(9 * MIB), MIB);
    throw reason;
  };
  await assert.rejects(putObjectStream(s3, TARGET, source(), options), reason);
  assert.equal(uploads.size, 0);
});

test('ten thousand parts carry five terabytes', () => {
  let sum = 0;
  for (let n = 1; n <= 10_000; n++) {
    assert.ok(partBytes(n) >= 5 * MIB && partBytes(n) <= 5 * 1024 * MIB);
    sum += partBytes(n);
  }
  assert.ok(sum >= 5 * 1024 ** 4, `${sum}`);
});

test('stale uploads of exactly one key are aborted, over several pages', async (t) => {
  const aborted: string[] = [];
  const page = (uploads: string, rest: string): string =>
    `<ListMultipartUploadsResult>${uploads}${rest}</ListMultipartUploadsResult>`;
  const upload = (key: string, id: string): string =>
    `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`;
  const server = await badServer(({ method, url }, response) => {
    const query = new URL(url, 'http://store').searchParams;
    if (method === 'DELETE') {
      aborted.push(query.get('uploadId') ?? '');
      response.writeHead(query.get('uploadId') === 'gone' ? 404 : 204);
      response.end(
        query.get('uploadId') === 'gone' ? '<Error><Code>NoSuchUpload</Code></Error>' : '',
      );
    } else if (query.get('key-marker') === null) {
      assert.equal(query.get('prefix'), 'a&b');
      const rest =
        '<IsTruncated>true</IsTruncated><NextKeyMarker>a&amp;b</NextKeyMarker><NextUploadIdMarker>two</NextUploadIdMarker>';
      response.end(page(upload('a&amp;b', 'one') + upload('a&amp;b', 'two'), rest));
    } else {
      assert.equal(query.get('upload-id-marker'), 'two');
      const rest = '<IsTruncated>false</IsTruncated>';
      response.end(page(upload('a&amp;b', 'gone') + upload('a&amp;bc', 'other'), rest));
    }
  });
  t.after(() => server.close());
  const result = await abortStaleUploads(server.client(), { bucket: 'b', key: 'a&b' }, options);
  assert.deepEqual(result, { ok: true, aborted: 3 });
  assert.deepEqual(aborted, ['one', 'two', 'gone']);
});

test('a store that repeats one page for ever does not hold the lease for ever', async (t) => {
  const server = await badServer((_received, response) => {
    const rest = '<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>';
    response.end(`<ListMultipartUploadsResult>${rest}</ListMultipartUploadsResult>`);
  });
  t.after(() => server.close());
  const result = await abortStaleUploads(server.client(), { bucket: 'b', key: 'k' }, options);
  assert.deepEqual(result, { ok: true, aborted: 0 });
  assert.equal(server.received.length, 2);
});
