/** Which objects: options, and what they become in a CreateJob request. */
import type { JobManifest, JobManifestGenerator } from '@aws-sdk/client-s3-control';
import { systemClock } from '../src/base/clock.ts';
import { CSV_INCOMPLETE, CsvScanner } from '../src/base/csv.ts';
import { systemRandom } from '../src/base/random.ts';
import { sendWithRetry, toFailure, type S3, type S3Answer } from '../src/s3/index.ts';
import { CommandError, UsageError, type Given, type Options } from './command.ts';
import { readS3Url, type S3Place } from './s3-url.ts';

const DATE = { value: 'DATE' } as const;

export const LIST_OPTIONS: Options = {
  list: { value: 's3://BUCKET/PREFIX', help: 'every object below the prefix' },
  suffix: { value: 'TEXT', help: 'with --list: only keys that end so', isMany: true },
  contains: { value: 'TEXT', help: 'with --list: only keys that hold this', isMany: true },
  'created-after': { ...DATE, help: 'with --list: only younger ones' },
  'created-before': { ...DATE, help: 'with --list: only older ones' },
  'larger-than': { value: 'BYTES', help: 'with --list: only larger ones' },
  'smaller-than': { value: 'BYTES', help: 'with --list: only smaller ones' },
  manifest: {
    value: 'LIST',
    help: 'instead of --list: a CSV, JSON Lines (also .gz, .zst), the manifest.json of an\ninventory or of a completion report, of which the failed rows are run',
  },
  fields: {
    value: 'NAMES',
    help: 'columns of a CSV, such as Bucket,Key,VersionId (default: told by its first row)',
  },
  'all-rows': { help: 'of a completion report: also the rows that succeeded' },
};

const CSV = 'S3BatchOperations_CSV_20180820';
const INVENTORY = 'S3InventoryReport_CSV_20161130';
/** What is looked at to tell what a list is. */
export const HEAD_BYTES = 256 * 1024;

/** Exactly one of them must be said. */
export function listOption(given: Given): { readonly list?: string; readonly manifest?: string } {
  const [list, manifest] = [given.text('list'), given.text('manifest')];
  if ((list === undefined) === (manifest === undefined)) {
    throw new UsageError('needs --list s3://bucket/prefix or --manifest, and not both.');
  }
  return list === undefined ? { manifest: manifest ?? '' } : { list };
}

/** A listing with filters. */
export function generatorOf(url: string, given: Given): JobManifestGenerator {
  const { bucket, key: prefix } = readS3Url(url, 'list');
  const [suffixes, parts] = [given.many('suffix'), given.many('contains')];
  const constraint = {
    ...(prefix === '' ? {} : { MatchAnyPrefix: [prefix] }),
    ...(suffixes.length === 0 ? {} : { MatchAnySuffix: [...suffixes] }),
    ...(parts.length === 0 ? {} : { MatchAnySubstring: [...parts] }),
  };
  const [after, before] = [given.date('created-after'), given.date('created-before')];
  const [larger, smaller] = [given.whole('larger-than', 0), given.whole('smaller-than', 0)];
  const filter = {
    ...(Object.keys(constraint).length === 0 ? {} : { KeyNameConstraint: constraint }),
    ...(after === undefined ? {} : { CreatedAfter: new Date(after) }),
    ...(before === undefined ? {} : { CreatedBefore: new Date(before) }),
    ...(larger === undefined ? {} : { ObjectSizeGreaterThanBytes: larger }),
    ...(smaller === undefined ? {} : { ObjectSizeLessThanBytes: smaller }),
  };
  return {
    S3JobManifestGenerator: {
      SourceBucket: `arn:aws:s3:::${bucket}`,
      EnableManifestOutput: false,
      ...(Object.keys(filter).length === 0 ? {} : { Filter: filter }),
    },
  };
}

/** `head`: its first HEAD_BYTES, or all of it. */
export function manifestOf(
  { bucket, key }: S3Place,
  etag: string,
  head: Buffer,
  given: Given,
): JobManifest {
  return {
    Spec: specOf(key, head, given),
    Location: { ObjectArn: `arn:aws:s3:::${bucket}/${key}`, ETag: etag.replaceAll('"', '') },
  };
}

function specOf(key: string, head: Buffer, given: Given): JobManifest['Spec'] {
  if (/(^|\/)manifest\.json$/.test(key) && !isReport(head)) return { Format: INVENTORY };
  return { Format: CSV, Fields: fieldsOf(key, head, given) };
}

/** The manifest.json of a completion report, not of an inventory. */
export function isReport(head: Buffer): boolean {
  return head.includes('"ReportSchema"');
}

type Field = 'Bucket' | 'Key' | 'VersionId' | 'Ignore';
const FIELDS: readonly Field[] = ['Bucket', 'Key', 'VersionId', 'Ignore'];
const BY_COLUMNS: Readonly<Record<number, Field[]>> = {
  2: ['Bucket', 'Key'],
  3: ['Bucket', 'Key', 'VersionId'],
};

function fieldsOf(key: string, head: Buffer, given: Given): Field[] {
  const named = given
    .text('fields')
    ?.split(',')
    .map((name) => name.trim());
  if (named) {
    return named.map((name) => {
      const field = FIELDS.find((one) => one.toLowerCase() === name.toLowerCase());
      if (field) return field;
      throw new UsageError(`--fields must hold ${FIELDS.join(', ')}, not "${name}".`);
    });
  }
  // A report has the column whether its job had versions or not; the service looks.
  if (key.endsWith('.json')) return ['Bucket', 'Key', 'VersionId'];
  if (/\.(jsonl|ndjson)$/i.test(key)) {
    return head.includes('"VersionId"') ? ['Bucket', 'Key', 'VersionId'] : ['Bucket', 'Key'];
  }
  if (/\.(gz|zst)$/i.test(key)) return ['Bucket', 'Key'];
  const columns = columnsOf(head);
  const fields = BY_COLUMNS[columns];
  if (fields) return fields;
  throw new UsageError(
    `the first row of ${key} has ${columns} columns: name them with --fields, such as Bucket,Key,Ignore.`,
  );
}

function columnsOf(head: Buffer): number {
  const scanner = new CsvScanner(1);
  const end = scanner.scan(head, 0, head.length, true);
  return end === CSV_INCOMPLETE || head.length === 0 ? 0 : scanner.columns;
}

/** A manifest that lies in a bucket. */
export async function remoteManifest(
  s3: Pick<S3, 'send'>,
  url: string,
  given: Given,
): Promise<JobManifest> {
  const place = readS3Url(url, 'manifest');
  const headers = { range: `bytes=0-${HEAD_BYTES - 1}` };
  const answer = await asked(s3, { method: 'GET', ...place, headers }, url);
  return manifestOf(place, answer.headers['etag'] ?? '', answer.body, given);
}

/** An answer that is none throws a CommandError that says what to do. */
export async function asked(
  s3: Pick<S3, 'send'>,
  request: Parameters<S3['send']>[0],
  what: string,
): Promise<S3Answer> {
  const retry = { attempts: 3, clock: systemClock, random: systemRandom };
  const answer = await sendWithRetry(s3, request, retry);
  if (answer.status >= 200 && answer.status <= 299) return answer;
  if (answer.status === 0) {
    throw new CommandError(
      `the store does not answer: ${(answer.failure ?? 'no reason').replace(/\.$/, '')}. Check --s3-endpoint and whether it runs.`,
    );
  }
  const { code, message } = toFailure(answer);
  const hint =
    answer.status === 403
      ? 'Check the credentials, and what they may do.'
      : 'Check the name, and whether this is the endpoint that you mean.';
  const why = `${answer.status} ${code}: ${message.replace(/\.$/, '')}`;
  throw new CommandError(`${what} cannot be read: ${why}. ${hint}`);
}
