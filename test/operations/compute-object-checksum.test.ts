// Aim: ten checksums that agree with the AWS SDK's own, whatever way the bytes arrive, and AWS's
// result to the byte.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import { Md5 } from '@aws-sdk/checksums/md5';
import { Sha1, Sha256, Sha512 } from '@aws-sdk/checksums/sha';
import { Xxh3_128, Xxh3_64, Xxh64 } from '@aws-sdk/checksums/xxh';
import type { S3ComputeObjectChecksumOperation } from '@aws-sdk/client-s3-control';
import fc from 'fast-check';
import { systemClock } from '../../src/base/clock.ts';
import type { FailedOutcome, Outcome } from '../../src/model/outcome.ts';
import { OPERATIONS } from '../../src/operations/index.ts';
import type { S3 } from '../../src/s3/index.ts';
import { type ObjectOfBytes, StoreOfBytes } from './object-of-bytes.ts';
import { placeOn } from './place.ts';
import { answer, FakeS3, requestOf, SIGNAL, TASK } from './scene.ts';

interface Oracle {
  update(bytes: Uint8Array): void;
  digest(): Promise<Uint8Array>;
}

const ORACLES = {
  CRC32: () => new Crc32(),
  CRC32C: () => new Crc32c(),
  CRC64NVME: () => new Crc64Nvme(),
  MD5: () => new Md5(),
  SHA1: () => new Sha1(),
  SHA256: () => new Sha256(),
  SHA512: () => new Sha512(),
  XXHASH64: () => new Xxh64(),
  XXHASH3: () => new Xxh3_64(),
  XXHASH128: () => new Xxh3_128(),
} as const satisfies Record<string, () => Oracle>;

type Name = keyof typeof ORACLES;
// True: the keys of the table above.
const NAMES = Object.keys(ORACLES) as Name[];

async function oracle(name: Name, ...bytes: readonly Uint8Array[]): Promise<Buffer> {
  const checksum = ORACLES[name]();
  for (const one of bytes) checksum.update(one);
  return Buffer.from(await checksum.digest());
}

async function run(
  operation: S3ComputeObjectChecksumOperation,
  s3: S3,
  { task = TASK, signal = SIGNAL, clock = systemClock } = {},
): Promise<Outcome> {
  const request = requestOf({ S3ComputeObjectChecksum: operation });
  // Waits between tries end at once.
  const soon = { ...clock, sleep: () => Promise.resolve() };
  const place = placeOn(s3, { clock: soon });
  const opened = await OPERATIONS.S3ComputeObjectChecksum.open(request, place, SIGNAL);
  assert.ok(opened.ok);
  return opened.run(task, signal);
}

interface Result {
  readonly checksum_base64: string;
  readonly checksum_hex: string;
  readonly checksumSource?: string;
}

function resultOf(outcome: Outcome): Result {
  assert.ok(outcome.ok, outcome.message);
  return JSON.parse(outcome.message) as Result;
}

async function checksum(
  ChecksumAlgorithm: Name,
  object: ObjectOfBytes,
  ChecksumType: 'FULL_OBJECT' | 'COMPOSITE' = 'FULL_OBJECT',
): Promise<string> {
  const operation = { ChecksumAlgorithm, ChecksumType };
  return resultOf(await run(operation, new StoreOfBytes(object))).checksum_base64;
}

test('the result is the sample of the guide, byte for byte', async () => {
  // Four bytes whose CRC32 is the one of the sample.
  const bytes = bytesWithCrc32(0x6d2f5339);
  const s3 = new FakeS3((request) =>
    request.method === 'HEAD'
      ? answer(200, '', {
          'content-length': '4',
          etag: '"3c3c1813042989094598e4b57ecbdc82"',
        })
      : undefined,
  );
  const store = new StoreOfBytes({ bytes });
  const whole: S3 = {
    send: (request) => s3.send(request),
    open: async (request) => {
      const opened = await store.open(request);
      return { ...opened, headers: {} };
    },
    traits: () => store.traits(),
  };
  assert.deepEqual(await run({ ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }, whole), {
    ok: true,
    message:
      '{"checksum_base64":"bS9TOQ\\u003d\\u003d","etag":"3c3c1813042989094598e4b57ecbdc82","checksumAlgorithm":"CRC32","checksumType":"FULL_OBJECT","checksum_hex":"6D2F5339"}',
  });
});

/** CRC32 run backwards over four bytes. */
function bytesWithCrc32(wanted: number): Buffer {
  const table = Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value >>> 0;
  });
  let state = (wanted ^ 0xffffffff) >>> 0;
  const indexes: number[] = [];
  for (let i = 0; i < 4; i++) {
    const index = table.findIndex((value) => value >>> 24 === state >>> 24);
    indexes.unshift(index);
    state = (((state ^ (table[index] ?? 0)) << 8) >>> 0) >>> 0;
  }
  let register = 0xffffffff;
  return Buffer.from(
    indexes.map((index) => {
      const byte = (register ^ index) & 0xff;
      register = ((register >>> 8) ^ (table[index] ?? 0)) >>> 0;
      return byte;
    }),
  );
}

test('every algorithm agrees with the SDK, however the bytes are cut', async () => {
  const scene = fc.record({
    bytes: fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes)),
    pieceBytes: fc.integer({ min: 1, max: 2000 }),
  });
  for (const name of NAMES) {
    await fc.assert(
      fc.asyncProperty(scene, async (object) => {
        const expected = await oracle(name, object.bytes);
        assert.equal(await checksum(name, object), expected.toString('base64'));
      }),
      { numRuns: 30 },
    );
  }
});

test('hex is the same value in capitals', async () => {
  const bytes = Buffer.from('some bytes of an object');
  for (const name of NAMES) {
    const outcome = await run({ ChecksumAlgorithm: name }, new StoreOfBytes({ bytes }));
    const expected = (await oracle(name, bytes)).toString('hex').toUpperCase();
    assert.equal(resultOf(outcome).checksum_hex, expected, name);
  }
});

test('COMPOSITE is the checksum of the checksums of the parts, whatever their sizes', async () => {
  const scene = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 12 }),
    pieceBytes: fc.integer({ min: 1, max: 900 }),
    seed: fc.integer({ min: 0, max: 255 }),
  });
  for (const name of NAMES.filter((one) => one !== 'CRC64NVME')) {
    await fc.assert(
      fc.asyncProperty(scene, async ({ sizes, pieceBytes, seed }) => {
        const parts = sizes.map((size, part) => Buffer.alloc(size, seed + part));
        const digests = await Promise.all(parts.map((part) => oracle(name, part)));
        const expected = (await oracle(name, ...digests)).toString('base64');
        const object = { bytes: Buffer.concat(parts), parts: sizes, pieceBytes };
        const value = await checksum(name, object, 'COMPOSITE');
        assert.equal(value, `${expected}-${sizes.length}`);
      }),
      { numRuns: 20 },
    );
  }
});

test('an upload of one empty part has a COMPOSITE checksum too', async () => {
  const digest = (await oracle('SHA256', await oracle('SHA256'))).toString('base64');
  const value = await checksum('SHA256', { bytes: Buffer.alloc(0), parts: [0] }, 'COMPOSITE');
  assert.equal(value, `${digest}-1`);
});

test('a stream that breaks goes on where it was, with nothing read twice', async () => {
  const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, index) => (index * 7) % 256));
  const breaks = fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(breaks, fc.integer({ min: 1, max: 3000 }), async (cuts, pieceBytes) => {
      // Five in a row that bring nothing would be given up.
      fc.pre(!/(^|,)0(,0){4}/.test(cuts.join(',')));
      const value = await checksum('SHA256', { bytes, breaks: cuts, pieceBytes });
      assert.equal(value, hash('sha256', bytes, 'base64'));
    }),
    { numRuns: 100 },
  );
});

function failureOf(outcome: Outcome): FailedOutcome {
  assert.ok(!outcome.ok);
  return outcome;
}

/** The message without its task's id. */
function detailsOf(outcome: Outcome): string {
  const failure = failureOf(outcome);
  assert.deepEqual([failure.httpStatus, failure.code], [200, 'PermanentFailure']);
  const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
  assert.match(failure.message, uuid);
  return failure.message.replace(uuid, 'UUID');
}

const CRC32 = { ChecksumAlgorithm: 'CRC32' } as const;

test('a stream that never brings a byte is given up, and worth a retry of the task', async () => {
  const store = new StoreOfBytes({
    bytes: Buffer.alloc(100),
    breaks: new Array<number>(99).fill(0),
  });
  const outcome = await run(CRC32, store);
  assert.equal(store.requests.filter(({ method }) => method === 'GET').length, 5);
  assert.equal(failureOf(outcome).again, 'later');
  assert.equal(
    detailsOf(outcome),
    'error details: {"failureMessage":"Task UUID Internal server error, please retry", "errorCode": "500"}',
  );
});

test('an object that changes while it is read fails for good', async () => {
  const bytes = Buffer.alloc(100);
  const store = new StoreOfBytes({ bytes, breaks: [50], pieceBytes: 10, changesAt: 1 });
  const outcome = await run(CRC32, store);
  assert.equal(failureOf(outcome).again, 'never');
  assert.equal(
    detailsOf(outcome),
    'error details: {"failureMessage":"Task UUID PreconditionFailed: changed", "errorCode": "412"}',
  );
  for (const { method, headers } of store.requests) {
    if (method === 'GET') assert.equal(headers?.['if-match'], '"e"');
  }
});

test('reading stops when the job does', async () => {
  const stop = new AbortController();
  stop.abort();
  const store = new StoreOfBytes({ bytes: Buffer.alloc(100) });
  const outcome = await run(CRC32, store, { signal: stop.signal });
  assert.equal(failureOf(outcome).again, 'later');
  assert.ok(store.requests.every(({ method }) => method === 'HEAD'));
});

test('what was not uploaded in parts, or by nobody who remembers, has no COMPOSITE checksum', async () => {
  const composite = { ChecksumAlgorithm: 'SHA1', ChecksumType: 'COMPOSITE' } as const;
  const bytes = Buffer.alloc(100);
  const single = detailsOf(await run(composite, new StoreOfBytes({ bytes })));
  assert.match(single, /InvalidRequest: The object was not uploaded in parts/);
  const deaf = new StoreOfBytes({ bytes, parts: [50, 50], knowsNoParts: true });
  assert.match(detailsOf(await run(composite, deaf)), /PartsUnknown: The store does not tell/);
  const wrong = new StoreOfBytes({ bytes, parts: [50, 40] });
  assert.match(detailsOf(await run(composite, wrong)), /PartsUnknown/);
});

test('a checksum that the store keeps is used when it is the one that is asked for, and says so', async () => {
  const bytes = Buffer.from('read me');
  const of = async (
    operation: S3ComputeObjectChecksumOperation,
    headers: Record<string, string>,
    parts?: readonly number[],
  ): Promise<Result> => {
    const object = parts === undefined ? { bytes, headers } : { bytes, headers, parts };
    return resultOf(await run(operation, new StoreOfBytes(object)));
  };
  const crc = { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-type': 'FULL_OBJECT' };
  const stored = await of(CRC32, crc);
  assert.equal(Object.keys(stored).at(-1), 'checksumSource');
  assert.equal(stored.checksum_base64, 'AAAAAA==');
  assert.equal(stored.checksumSource, 'STORED');
  assert.equal((await of(CRC32, { 'x-amz-checksum-crc32': 'AAAAAA==' })).checksumSource, 'STORED');
  // Of another algorithm, or of another type, it is of no use.
  assert.equal((await of({ ChecksumAlgorithm: 'SHA1' }, crc)).checksumSource, undefined);
  const ofParts = { 'x-amz-checksum-crc32': 'AAAAAA==-2', 'x-amz-checksum-type': 'COMPOSITE' };
  assert.equal((await of(CRC32, ofParts, [3, 4])).checksumSource, undefined);
  const composite = await of({ ...CRC32, ChecksumType: 'COMPOSITE' }, ofParts, [3, 4]);
  assert.deepEqual(
    [composite.checksum_base64, composite.checksum_hex, composite.checksumSource],
    ['AAAAAA==-2', '00000000', 'STORED'],
  );
});

test('the version that was looked at is the one that is read', async () => {
  const bytes = Buffer.from('read me');
  const store = new StoreOfBytes({ bytes, headers: { 'x-amz-version-id': 'v7' } });
  resultOf(await run(CRC32, store));
  assert.deepEqual(
    store.requests.map(({ method, query }) => [method, query]),
    [
      ['HEAD', {}],
      ['GET', { versionId: 'v7' }],
    ],
  );
});

test('failures have the words of AWS where they are known', async () => {
  const asked = (status: number, xml: string): FakeS3 =>
    new (class extends FakeS3 {
      override open() {
        return Promise.resolve(answer(status, xml));
      }
    })(() => answer(status));
  const error = (code: string, message: string): string =>
    `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  const said = async (status: number, xml = ''): Promise<string> =>
    detailsOf(await run(CRC32, asked(status, xml)));
  assert.equal(
    await said(404),
    'error details: {"failureMessage":"Task UUID Key not found", "errorCode": "404"}',
  );
  const sse = error(
    'InvalidRequest',
    'The object was stored using a form of Server Side Encryption.',
  );
  assert.equal(
    await said(400, sse),
    'error details: {"failureMessage":"Task UUID SSE-C encryption type is not supported for this operation", "errorCode": "400"}',
  );
  assert.match(
    await said(400, error('InvalidArgument', 'Invalid version id')),
    /InvalidArgument: Invalid version id/,
  );
  assert.match(await said(500), /Internal server error, please retry", "errorCode": "500"/);
  assert.match(await said(403), /AccessDenied: Access Denied", "errorCode": "403"/);
  const busy = await run(CRC32, asked(503, ''));
  assert.equal(failureOf(busy).again, 'slow-down');
});

test('the report must be on and its owner given, and the algorithm must be one', () => {
  const check = (operation: S3ComputeObjectChecksumOperation, report: object): string[] => {
    const request = { ...requestOf({ S3ComputeObjectChecksum: operation }), Report: report };
    return OPERATIONS.S3ComputeObjectChecksum.check({
      ...request,
      Report: { Enabled: false, ...report },
    }).map(({ field }) => field);
  };
  const good = { Enabled: true, ExpectedBucketOwner: '123456789012' };
  const FIELD = 'Operation.S3ComputeObjectChecksum';
  assert.deepEqual(check(CRC32, good), []);
  assert.deepEqual(check({}, good), [`${FIELD}.ChecksumAlgorithm`]);
  assert.deepEqual(check(CRC32, {}), ['Report.Enabled']);
  assert.deepEqual(check(CRC32, { Enabled: true }), ['Report.ExpectedBucketOwner']);
  const composite = { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'COMPOSITE' } as const;
  assert.deepEqual(check(composite, good), [`${FIELD}.ChecksumType`]);
});
