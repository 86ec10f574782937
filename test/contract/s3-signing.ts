import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import {
  chunkSignature,
  createSigner,
  sha256Hex,
  STREAMING_PAYLOAD,
  STREAMING_PAYLOAD_TRAILER,
  STREAMING_UNSIGNED_TRAILER,
  trailerSignature,
  UNSIGNED_PAYLOAD,
  verifySigV4,
} from '../../src/sigv4/index.ts';
import { type ContractCase, given, type RawAnswer, textOf, type World } from './s3-harness.ts';

const TRAILER = 'x-amz-checksum-crc32';

function crcOf(content: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(content));
  return bytes.toString('base64');
}

interface Chunked {
  readonly bucket: string;
  readonly pieces: readonly string[];
  /** Which of the three forms. */
  readonly form: string;
  /** The checksum in the trailer; absent: no trailer. */
  readonly trailer?: string;
  /** Changes the encoded body before it is sent. */
  readonly spoil?: (body: string) => string;
}

/** PUTs `chunked` as aws-chunked, with the signatures that its form has. */
async function putChunked(world: World, chunked: Chunked): Promise<RawAnswer> {
  const { bucket, pieces, form, trailer, spoil = (body) => body } = chunked;
  const path = `/${bucket}/chunked`;
  const size = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
  const headers: Record<string, string> = {
    host: world.host,
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': String(size),
    ...(trailer === undefined ? {} : { 'x-amz-trailer': TRAILER }),
  };
  const signer = createSigner({ ...world.endpoint, service: 's3' });
  const request = { method: 'PUT', path, query: '', headers, payloadHash: form };
  Object.assign(headers, signer.sign(request, Date.now()));
  // The verifier hands out what the chain of chunks starts from.
  const verified = verifySigV4(
    { method: 'PUT', target: path, headers },
    () => world.endpoint.secretAccessKey,
    Date.now(),
  );
  assert.ok(verified.ok);
  const isSigned = form !== STREAMING_UNSIGNED_TRAILER;
  let previous = verified.signature;
  let body = '';
  for (const piece of [...pieces, '']) {
    const signature = chunkSignature(verified, previous, sha256Hex(piece));
    const suffix = isSigned ? `;chunk-signature=${signature}` : '';
    body += `${Buffer.byteLength(piece).toString(16)}${suffix}\r\n`;
    if (piece !== '') body += `${piece}\r\n`;
    previous = signature;
  }
  if (trailer !== undefined) {
    body += `${TRAILER}:${trailer}\r\n`;
    const signature = trailerSignature(verified, previous, sha256Hex(`${TRAILER}:${trailer}\n`));
    if (isSigned) body += `x-amz-trailer-signature:${signature}\r\n`;
  }
  const encoded = spoil(`${body}\r\n`);
  headers['content-length'] = String(Buffer.byteLength(encoded));
  return world.exchange('PUT', path, headers, encoded);
}

async function storedText(world: World, Bucket: string): Promise<string> {
  return textOf(await world.s3.send(new GetObjectCommand({ Bucket, Key: 'chunked' })));
}

const PIECES = ['first '.repeat(2000), 'second ü ', 'third'];
const CONTENT = PIECES.join('');

async function assertNothingStored(world: World, bucket: string): Promise<void> {
  const head = await world.raw({ method: 'HEAD', bucket, key: 'chunked' });
  assert.equal(head.status, 404);
}

export const signingCases: readonly ContractCase[] = [
  {
    name: 'a wrong secret is refused',
    async run(world) {
      const as = { ...world.endpoint, secretAccessKey: 'wrong' };
      const answer = await world.raw({ method: 'GET', as });
      assert.deepEqual([answer.status, answer.code], [403, 'SignatureDoesNotMatch']);
    },
  },
  {
    name: 'a key that nobody has is refused',
    async run(world) {
      const as = { ...world.endpoint, accessKeyId: 'AKIDNOBODY' };
      const answer = await world.raw({ method: 'GET', as });
      assert.deepEqual([answer.status, answer.code], [403, 'InvalidAccessKeyId']);
    },
  },
  {
    name: 'a request signed an hour ago is refused',
    async run(world) {
      const signedAtMs = Date.now() - 3_600_000;
      const answer = await world.raw({ method: 'GET', signedAtMs });
      assert.deepEqual([answer.status, answer.code], [403, 'RequestTimeTooSkewed']);
    },
  },
  {
    name: 'who does not sign may not list a bucket',
    async run(world) {
      const bucket = await world.bucket();
      const answer = await world.raw({ method: 'GET', bucket, as: null });
      assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied']);
    },
  },
  {
    name: 'a header that was changed after signing is refused',
    async run(world) {
      const bucket = await world.bucket();
      const signer = createSigner({ ...world.endpoint, service: 's3' });
      const headers = { host: world.host, 'x-amz-meta-a': 'signed' };
      const request = { method: 'PUT', path: `/${bucket}/k`, query: '', headers };
      const added = signer.sign({ ...request, payloadHash: UNSIGNED_PAYLOAD }, Date.now());
      const changed = { ...headers, ...added, 'x-amz-meta-a': 'changed' };
      const answer = await world.exchange('PUT', `/${bucket}/k`, changed);
      assert.equal(answer.status, 403);
    },
  },
  {
    name: 'a presigned address reads and writes until it expires',
    async run(world) {
      const bucket = await world.bucket();
      const signer = createSigner({ ...world.endpoint, service: 's3' });
      const headers = { host: world.host };
      const path = `/${bucket}/${encodeURIComponent('pre signed')}`;
      const target = (method: string, atMs: number): string =>
        signer.presign({ method, path, headers }, atMs, 60);
      const now = Date.now();
      const put = await world.exchange('PUT', target('PUT', now), headers, 'by address');
      assert.equal(put.status, 200);
      const got = await world.exchange('GET', target('GET', now), headers);
      assert.equal(got.body.toString(), 'by address');
      const late = await world.exchange('GET', target('GET', now - 120_000), headers);
      assert.deepEqual([late.status, late.code], [403, 'AccessDenied']);
      const other = await world.exchange('DELETE', target('GET', now), headers);
      assert.equal(other.status, 403);
    },
  },
  {
    name: 'a body of signed chunks is stored without its frame',
    async run(world) {
      const bucket = await world.bucket();
      const answer = await putChunked(world, { bucket, pieces: PIECES, form: STREAMING_PAYLOAD });
      assert.equal(answer.status, 200, answer.body.toString());
      assert.equal(await storedText(world, bucket), CONTENT);
    },
  },
  {
    name: 'how the body travelled is not kept as its encoding',
    async run(world) {
      const bucket = await world.bucket();
      await putChunked(world, { bucket, pieces: PIECES, form: STREAMING_PAYLOAD });
      const head = await world.raw({ method: 'HEAD', bucket, key: 'chunked' });
      assert.equal(head.headers['content-encoding'], undefined);
    },
  },
  {
    name: 'a chunk that was changed after signing is refused',
    async run(world) {
      const bucket = await world.bucket();
      const spoil = (body: string): string => body.replace('second', 'sEcond');
      const form = STREAMING_PAYLOAD;
      const answer = await putChunked(world, { bucket, pieces: PIECES, form, spoil });
      assert.equal(answer.status, 403);
      await assertNothingStored(world, bucket);
    },
  },
  {
    name: 'a body that lacks its last chunk is refused',
    async run(world) {
      const bucket = await world.bucket();
      const spoil = (body: string): string => body.slice(0, body.lastIndexOf('0;chunk'));
      const form = STREAMING_PAYLOAD;
      const answer = await putChunked(world, { bucket, pieces: PIECES, form, spoil });
      assert.ok(answer.status === 400 || answer.status === 403, String(answer.status));
      await assertNothingStored(world, bucket);
    },
  },
  {
    name: 'signed chunks with a signed trailer are stored with its checksum',
    async run(world) {
      const bucket = await world.bucket();
      const form = STREAMING_PAYLOAD_TRAILER;
      const trailer = crcOf(CONTENT);
      const answer = await putChunked(world, { bucket, pieces: PIECES, form, trailer });
      assert.equal(answer.status, 200, answer.body.toString());
      assert.equal(answer.headers[TRAILER], trailer);
      assert.equal(await storedText(world, bucket), CONTENT);
    },
  },
  {
    name: 'a trailer that was changed after signing is refused',
    async run(world) {
      const bucket = await world.bucket();
      const form = STREAMING_PAYLOAD_TRAILER;
      const trailer = crcOf(CONTENT);
      const spoil = (body: string): string => body.replace(trailer, crcOf('other'));
      const answer = await putChunked(world, { bucket, pieces: PIECES, form, trailer, spoil });
      assert.deepEqual([answer.status, answer.code], [403, 'SignatureDoesNotMatch']);
      await assertNothingStored(world, bucket);
    },
  },
  {
    name: 'unsigned chunks with a trailer are stored when the checksum is right',
    async run(world) {
      const bucket = await world.bucket();
      const form = STREAMING_UNSIGNED_TRAILER;
      const trailer = crcOf(CONTENT);
      const answer = await putChunked(world, { bucket, pieces: PIECES, form, trailer });
      assert.equal(answer.status, 200, answer.body.toString());
      assert.equal(await storedText(world, bucket), CONTENT);
    },
  },
  {
    name: 'unsigned chunks with a wrong checksum are refused',
    async run(world) {
      const bucket = await world.bucket();
      const form = STREAMING_UNSIGNED_TRAILER;
      const trailer = crcOf('other');
      const answer = await putChunked(world, { bucket, pieces: PIECES, form, trailer });
      assert.deepEqual([answer.status, answer.code], [400, 'BadDigest']);
      await assertNothingStored(world, bucket);
    },
  },
  {
    name: 'a payload that is not signed is stored',
    async run(world) {
      const bucket = await world.bucket();
      const payloadHash = UNSIGNED_PAYLOAD;
      const body = 'unsigned';
      const put = await world.raw({ method: 'PUT', bucket, key: 'k', body, payloadHash });
      assert.equal(put.status, 200);
      const got = await world.raw({ method: 'GET', bucket, key: 'k' });
      assert.equal(given(got.body.toString()), 'unsigned');
    },
  },
];
