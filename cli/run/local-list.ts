/** A list that lies on this machine, or comes in on standard input: it goes into the bucket of the run. */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { JobManifest } from '@aws-sdk/client-s3-control';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { writeManifestRow } from '../../src/manifest/index.ts';
import { putObjectStream, type S3 } from '../../src/s3/index.ts';
import { CommandError, UsageError, type Given } from '../command.ts';
import { HEAD_BYTES, isReport, manifestOf } from '../list.ts';

const KNOWN = /\.(csv|jsonl|ndjson)(\.(gz|zst))?$/i;

/** Resolves to what CreateJob is told. `path`: a file, or `-`. */
export async function stageLocalList(
  s3: S3,
  bucket: string,
  path: string,
  given: Given,
): Promise<JobManifest> {
  if (path !== '-' && !(existsSync(path) && statSync(path).isFile())) {
    throw new UsageError(
      `--manifest: there is no file ${path}. (A list in a bucket is s3://bucket/key, - is standard input.)`,
    );
  }
  if (basename(path) === 'manifest.json') return stageEnvelope(s3, bucket, path, given);
  const keysIn = given.text('keys-in');
  const source: Readable = path === '-' ? process.stdin : createReadStream(path);
  const bytes = keysIn === undefined ? source : Readable.from(rowsOfKeys(source, keysIn));
  const { head, all } = await peeked(bytes);
  const key = `list/${keysIn === undefined ? nameOf(path, head) : 'list.csv'}`;
  return { ...manifestOf({ bucket, key }, await upload(s3, { bucket, key }, all), head, given) };
}

/** Engines tell lists by their names. */
function nameOf(path: string, head: Buffer): string {
  const name = KNOWN.exec(path)?.[0];
  if (name !== undefined) return `list${name.toLowerCase()}`;
  const packed = head.subarray(0, 4).toString('hex');
  const ending = [
    head[0] === 0x7b ? '.jsonl' : '.csv',
    packed.startsWith('1f8b') ? '.gz' : '',
    packed === '28b52ffd' ? '.zst' : '',
  ];
  return `list${ending.join('')}`;
}

/** A report's files come along when they lie beside it; an inventory's are where it says. */
async function stageEnvelope(
  s3: S3,
  bucket: string,
  path: string,
  given: Given,
): Promise<JobManifest> {
  let text = readFileSync(path, 'utf8');
  const folder = join(dirname(path), 'results');
  if (isReport(Buffer.from(text)) && existsSync(folder)) {
    // Checked by the engine when the job is prepared; here only its names are changed.
    const index = JSON.parse(text) as { Results?: { Bucket: string; Key: string }[] };
    for (const result of index.Results ?? []) {
      const file = join(folder, basename(result.Key));
      if (!existsSync(file)) throw new CommandError(`${file} is missing, which ${path} names.`);
      const key = `list/results/${basename(result.Key)}`;
      await upload(s3, { bucket, key }, createReadStream(file));
      Object.assign(result, { Bucket: bucket, Key: key });
    }
    text = JSON.stringify(index);
  }
  const target = { bucket, key: 'list/manifest.json' };
  const body = Buffer.from(text);
  return manifestOf(target, await upload(s3, target, Readable.from([body])), body, given);
}

/** Resolves to the ETag. */
async function upload(
  s3: S3,
  target: { readonly bucket: string; readonly key: string },
  source: AsyncIterable<Uint8Array>,
): Promise<string> {
  const options = { clock: systemClock, random: systemRandom };
  const done = await putObjectStream(s3, { ...target, contentType: 'text/plain' }, source, options);
  if (!done.ok) throw new CommandError(`the list cannot be kept: ${done.code}: ${done.message}`);
  const { headers } = await s3.send({ method: 'HEAD', ...target });
  return headers['etag'] ?? '';
}

/** The first bytes, and all of them again. */
async function peeked(
  source: AsyncIterable<Buffer | string>,
): Promise<{ readonly head: Buffer; readonly all: AsyncIterable<Buffer> }> {
  const iterator = source[Symbol.asyncIterator]();
  const pieces: Buffer[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const next = await iterator.next();
    if (next.done) break;
    const piece = Buffer.from(next.value);
    pieces.push(piece);
    size += piece.length;
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield* pieces;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      yield Buffer.from(next.value);
    }
  }
  return { head: Buffer.concat(pieces), all: all() };
}

/** A key per line, as it is in the bucket. */
async function* rowsOfKeys(source: Readable, bucket: string): AsyncGenerator<string> {
  for await (const key of createInterface({ input: source, crlfDelay: Infinity })) {
    if (key !== '') yield writeManifestRow({ bucket, key });
  }
}

/** `invoke --function` may name a module or a URL: then it gets a name. */
export function functionOf(
  given: Given,
): { readonly name: string; readonly setting: string } | undefined {
  const text = given.text('function');
  if (text === undefined) return undefined;
  const isUrl = /^https?:/.test(text);
  if (!isUrl && !(/\.[cm]?[jt]s$/.test(extname(text)) || existsSync(text))) return undefined;
  const name = 'run-function';
  return { name, setting: JSON.stringify({ [name]: text }) };
}
