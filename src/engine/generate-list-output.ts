/**
 * Writing a generated manifest for the user: what was staged, as gzip files of an inventory.
 *
 * I1. The files follow from the staged rows alone: names, cuts and bytes. A lease that dies in the
 *     middle leaves files that the next one writes again, so none is doubled and none is left over.
 * I2. manifest.json comes last but for its MD5: whoever sees it can read all that it names.
 * I3. Memory is one file (D6).
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip as gzipWithCallback } from 'node:zlib';
import type { S3JobManifestGenerator, S3ManifestOutputLocation } from '@aws-sdk/client-s3-control';
import { assert } from '../base/assert.ts';
import { type Ask, isWrongOwner, type Read } from '../listing/index.ts';
import {
  type InventoryColumns,
  type InventoryFile,
  inventoryKeys,
  inventoryManifest,
} from '../manifest/index.ts';
import type { PreparedList } from '../model/job.ts';
import { FAILURE_REASON_CHARS_MAX } from '../model/limits.ts';
import { type S3Answer, toFailure, toOutcome } from '../s3/index.ts';
import type { ListRequest, StagedList } from './list-source.ts';
import { JobFailed } from './unit-errors.ts';

/** Before compression: some 200,000 rows, and 75,000 files for the largest job that AWS takes. */
const FILE_BYTES = 32 * 1024 * 1024;
/** A file takes a while on a slow line. */
const SILENCE_MS = 300_000;
const LINE_FEED = 10;
const gzip = promisify(gzipWithCallback);

export interface GeneratedRows {
  readonly bucket: string;
  readonly columns: InventoryColumns;
  readonly ask: Ask;
}

/** Throws JobFailed when it cannot be written. */
export async function writeGeneratedManifest(
  generator: S3JobManifestGenerator,
  { bucket, columns, ask }: GeneratedRows,
  staged: StagedList,
  { job, held, context }: ListRequest,
): Promise<NonNullable<PreparedList['generated']>> {
  const output = generator.ManifestOutputLocation;
  assert(output, 'A job was accepted that writes its manifest nowhere.');
  const writer = new OutputWriter(output, ask, held.left);
  const keys = inventoryKeys(output.ManifestPrefix, bucket, job.id);
  const files: InventoryFile[] = [];
  for await (const rows of filesOf(staged.read())) {
    const body = await gzip(rows);
    const key = keys.data(files.length); // I1
    const { md5 } = await writer.put(key, 'application/gzip', body);
    files.push({ key, size: body.length, md5 });
  }
  const manifest = inventoryManifest({
    sourceBucket: bucket,
    destinationBucket: writer.bucket,
    createdAt: context.clock.now(),
    columns,
    files,
  });
  const written = await writer.put(keys.manifest, 'application/json', Buffer.from(manifest)); // I2
  await writer.put(keys.md5, 'text/plain', Buffer.from(written.md5));
  return { objectArn: `arn:aws:s3:::${writer.bucket}/${keys.manifest}`, etag: written.etag };
}

class OutputWriter {
  readonly bucket: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #owner: Readonly<Record<string, string>>;
  readonly #ask: Ask;
  readonly #signal: AbortSignal;

  constructor(output: S3ManifestOutputLocation, ask: Ask, signal: AbortSignal) {
    const owner = output.ExpectedManifestBucketOwner;
    const bucket = output.Bucket?.split(':').at(-1);
    assert(bucket, 'A generator was accepted without a bucket for its manifest.');
    this.bucket = bucket;
    this.#owner = owner === undefined ? {} : { 'x-amz-expected-bucket-owner': owner };
    this.#headers = { ...this.#owner, ...encryptionHeaders(output) };
    this.#ask = ask;
    this.#signal = signal;
  }

  async put(
    key: string,
    contentType: string,
    body: Buffer,
  ): Promise<{ readonly md5: string; readonly etag: string }> {
    const digest = createHash('md5').update(body).digest();
    const md5 = digest.toString('hex');
    const headers = {
      ...this.#headers,
      'content-type': contentType,
      'content-md5': digest.toString('base64'),
    };
    const read = (answer: S3Answer): Read<string> =>
      toOutcome(answer).ok ? { ok: true, value: answer.headers['etag'] ?? md5 } : toFailure(answer);
    const written = await this.#ask(
      { method: 'PUT', bucket: this.bucket, key, headers, body, silenceMs: SILENCE_MS },
      read,
      this.#signal,
    );
    if (written.ok) return { md5, etag: written.value.replace(/^"(.*)"$/, '$1') };
    if (await isWrongOwner(this.bucket, this.#owner, this.#ask, this.#signal)) {
      const expected = this.#owner['x-amz-expected-bucket-owner'];
      const reason = `The bucket ${this.bucket} does not belong to ${expected}.`;
      throw new JobFailed({ code: 'BucketOwnerMismatch', reason });
    }
    const { httpStatus, code, message } = written;
    // AWS's text, then what helps.
    const reason = `Error occurred when preparing manifest: Failed to write manifest (${httpStatus} ${code}: ${message})`;
    throw new JobFailed({
      code: 'ManifestGenerationFailed',
      reason: reason.slice(0, FAILURE_REASON_CHARS_MAX),
    });
  }
}

function encryptionHeaders({ ManifestEncryption: encryption }: S3ManifestOutputLocation) {
  const name = 'x-amz-server-side-encryption';
  const headers: Record<string, string> = {};
  if (encryption?.SSES3) headers[name] = 'AES256';
  if (encryption?.SSEKMS) {
    headers[name] = 'aws:kms';
    headers[`${name}-aws-kms-key-id`] = encryption.SSEKMS.KeyId ?? '';
  }
  return headers;
}

/** Whole rows, FILE_BYTES of them and what the last one needs more. */
export async function* filesOf(
  rows: AsyncIterable<Uint8Array>,
  fileBytes = FILE_BYTES,
): AsyncGenerator<Buffer> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  for await (let piece of rows) {
    while (size + piece.length >= fileBytes) {
      const feed = piece.indexOf(LINE_FEED, Math.max(0, fileBytes - size - 1));
      if (feed < 0) break;
      yield Buffer.concat([...pieces, piece.subarray(0, feed + 1)]);
      piece = piece.subarray(feed + 1);
      pieces = [];
      size = 0;
    }
    if (piece.length === 0) continue;
    pieces.push(piece);
    size += piece.length;
  }
  if (size > 0) yield Buffer.concat(pieces);
}
