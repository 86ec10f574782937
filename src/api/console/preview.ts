/**
 * The first rows of a list, with what is wrong with each, before a job is made of it. It reads the
 * beginning of the manifest, or of the first file that a manifest.json names.
 *
 * I1. At most HEAD_BYTES are fetched of a file of rows and TEXT_BYTES_MAX of text looked at, whatever
 *     it unfolds to.
 * I2. A row is judged by the rules that preparing a job judges it by (src/manifest), and the bucket
 *     of the first row is the bucket of all.
 */
import { CSV_INCOMPLETE, CSV_PROBLEMS, CsvScanner } from '../../base/csv.ts';
import {
  csvColumns,
  jsonLines,
  ManifestDefect,
  readInventory,
  readReportIndex,
  readTasks,
  REPORT_COLUMNS,
  type RowFormat,
  RowStream,
} from '../../manifest/index.ts';
import { MANIFEST_FIELDS, type ManifestField } from '../../model/vocabulary.ts';
import { toFailure } from '../../s3/index.ts';
import { storeRefused } from './console-error.ts';
import { objectNeed } from './may.ts';
import type { View, ViewDeps, ViewRequest } from './deps.ts';
import { neededParameter, refuse, textParameter } from './parameters.ts';
import { textHead } from './text-head.ts';

const ROWS_SHOWN = 20;
const HEAD_BYTES = 256 * 1024;
const ENVELOPE_BYTES_MAX = 4 * 1024 * 1024;

interface PreviewRow {
  readonly line: number;
  readonly cells: readonly string[];
  readonly problem?: string;
}

interface Preview {
  readonly kind: 'csv' | 'json-lines' | 'inventory' | 'report';
  readonly etag: string;
  readonly size: number;
  readonly fields: readonly ManifestField[];
  readonly rows: readonly PreviewRow[];
  /** What is wrong with the list as a whole. */
  readonly problem?: string;
  /** Of a manifest.json: how many files of rows it names, and which one was looked at. */
  readonly files?: number;
  readonly file?: string;
  readonly notShown?: string;
}

interface Head {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly size: number;
}

export const previewView: View = {
  method: 'GET',
  path: 'preview',

  needs: async ({ query }) => [objectNeed(...placeOf(query))],

  async run(request, deps): Promise<Preview> {
    const { query, signal } = request;
    const [bucket, key] = placeOf(query);
    const isInventory = textParameter(query, 'format').startsWith('S3InventoryReport_');
    const fields = fieldsOf(textParameter(query, 'fields'));
    if (isInventory || /(^|\/)manifest\.json$/.test(key)) {
      const head = await headOf(bucket, key, ENVELOPE_BYTES_MAX, deps, signal);
      return ofEnvelope(head, bucket, isInventory, request, deps);
    }
    const head = await headOf(bucket, key, HEAD_BYTES, deps, signal);
    const isJson = /\.(jsonl|ndjson)(\.(gz|zst))?$/i.test(key);
    const kind = isJson ? 'json-lines' : 'csv';
    const { etag, size } = head;
    const base = { kind, etag, size, rows: [] } as const;
    try {
      const { text, isEnd } = await textHead(head.bytes, head.bytes.length >= size);
      const named = isJson ? namedFields(fields) : (fields ?? guessFields(text));
      const rows = isJson
        ? rewritten(text, isEnd, jsonLines(named.includes('VersionId')))
        : { text, isEnd };
      return { ...base, fields: named, rows: judged(rows.text, rows.isEnd, named) };
    } catch (error) {
      return { ...base, fields: fields ?? [], problem: defectOf(error) };
    }
  },
};

async function ofEnvelope(
  { bytes, etag, size }: Head,
  own: string,
  isInventory: boolean,
  request: ViewRequest,
  deps: ViewDeps,
): Promise<Preview> {
  const kind = isInventory ? 'inventory' : 'report';
  const base = { kind, etag, size, fields: [], rows: [] } as const;
  try {
    const inventory = isInventory ? readInventory(bytes) : undefined;
    const files = inventory?.files ?? readReportIndex(bytes, 'failed');
    const columns = inventory === undefined ? REPORT_COLUMNS : inventory.columns;
    const [first] = files;
    if (first === undefined) {
      const none = isInventory ? 'It names no files.' : 'The report lists no failed tasks.';
      return { ...base, files: 0, problem: none };
    }
    const found = { ...base, files: files.length, file: first.key };
    if (columns === undefined) return { ...found, notShown: 'Rows of Parquet are not shown here.' };
    const bucket = first.bucket ?? own;
    request.demand(objectNeed(bucket, first.key));
    const head = await headOf(bucket, first.key, HEAD_BYTES, deps, request.signal);
    const { text, isEnd } = await textHead(head.bytes, head.bytes.length >= head.size);
    const rows = rewritten(text, isEnd, csvColumns(columns));
    const fields = columns.versionId < 0 ? NAMED.slice(0, 2) : NAMED;
    return { ...found, fields, rows: judged(rows.text, rows.isEnd, fields) };
  } catch (error) {
    return { ...base, problem: defectOf(error) };
  }
}

function placeOf(query: URLSearchParams): [bucket: string, key: string] {
  return [neededParameter(query, 'bucket', 255), neededParameter(query, 'key', 4096)];
}

const NAMED: readonly ManifestField[] = ['Bucket', 'Key', 'VersionId'];

function namedFields(fields: readonly ManifestField[] | undefined): readonly ManifestField[] {
  return fields?.includes('VersionId') === true ? NAMED : NAMED.slice(0, 2);
}

/** Row by row (I2); a row that was cut off by the end of the head is left out. */
function judged(text: Buffer, isEnd: boolean, fields: readonly ManifestField[]): PreviewRow[] {
  const scanner = new CsvScanner(Math.max(fields.length, 16));
  const rows: PreviewRow[] = [];
  let bucket: string | undefined;
  let line = 1;
  for (let at = 0; at < text.length && rows.length < ROWS_SHOWN;) {
    const next = scanner.scan(text, at, text.length, isEnd);
    if (next === CSV_INCOMPLETE) break;
    if (next < 0) {
      const end = text.indexOf(10, at);
      const cells = [text.toString('utf8', at, end < 0 ? text.length : end)];
      rows.push({ line, cells, problem: `It ${CSV_PROBLEMS[scanner.problem]}.` });
      break;
    }
    const bytes = text.subarray(at, next);
    const judgement = judge(bytes, fields, line, bucket);
    bucket ??= judgement.bucket;
    const cells = cellsOf(text, scanner);
    rows.push({ line, cells, ...(judgement.problem && { problem: judgement.problem }) });
    line += 1 + scanner.lineBreaks;
    at = next;
  }
  return rows;
}

function judge(
  bytes: Buffer,
  fields: readonly ManifestField[],
  line: number,
  bucket: string | undefined,
): { readonly bucket?: string; readonly problem?: string } {
  try {
    const range = { firstRow: line - 1, rows: 1, start: 0, end: bytes.length };
    const task = readTasks(bytes, fields, range).at(0);
    if (task === undefined || bucket === undefined || task.bucket === bucket) {
      return task === undefined ? {} : { bucket: task.bucket };
    }
    return {
      problem: `Line ${line} names the bucket ${task.bucket}, the lines before ${bucket}: a manifest with two buckets cannot be one job.`,
    };
  } catch (error) {
    return { problem: defectOf(error) };
  }
}

function cellsOf(text: Buffer, scanner: CsvScanner): string[] {
  const count = Math.min(scanner.columns, 16);
  return Array.from({ length: count }, (_, column) =>
    text.toString('utf8', scanner.start(column), scanner.end(column)).replaceAll('""', '"'),
  );
}

/** As many whole rows of the head as are shown, as manifest rows. */
function rewritten(
  text: Buffer,
  isEnd: boolean,
  format: RowFormat,
): { readonly text: Buffer; readonly isEnd: boolean } {
  const stream = new RowStream(format);
  const whole = isEnd ? text : text.subarray(0, text.lastIndexOf(10) + 1);
  const batches = [...stream.push(whole), ...stream.end()].map(({ rows }) => Buffer.from(rows));
  return { text: Buffer.concat(batches), isEnd: true };
}

/** Two columns are bucket and key, a third one may be the version. */
function guessFields(text: Buffer): readonly ManifestField[] {
  const scanner = new CsvScanner(1);
  const next = scanner.scan(text, 0, text.length, true);
  const columns = next < 0 ? 2 : scanner.columns;
  return [...NAMED, ...Array<ManifestField>(Math.max(0, columns - 3)).fill('Ignore')].slice(
    0,
    Math.max(2, columns),
  );
}

function fieldsOf(text: string): readonly ManifestField[] | undefined {
  if (text === '') return undefined;
  return text
    .split(',')
    .map(
      (name) => MANIFEST_FIELDS.find((field) => field === name) ?? refuse('fields', `no ${name}`),
    );
}

function defectOf(error: unknown): string {
  if (error instanceof ManifestDefect) return error.message;
  throw error;
}

async function headOf(
  bucket: string,
  key: string,
  bytesMax: number,
  { s3 }: ViewDeps,
  signal: AbortSignal,
): Promise<Head> {
  const headers = { range: `bytes=0-${bytesMax - 1}` };
  const answer = await s3.send({ method: 'GET', bucket, key, headers }, signal);
  const etag = (answer.headers['etag'] ?? '').replaceAll('"', '');
  // A range of nothing is refused: the object is empty.
  if (answer.status === 416 && toFailure(answer).code === 'InvalidRange') {
    return { bytes: Buffer.alloc(0), etag, size: 0 };
  }
  if (answer.status !== 200 && answer.status !== 206) {
    throw storeRefused(answer, `The object ${bucket}/${key}`);
  }
  const total = /\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1];
  return { bytes: answer.body, etag, size: Number(total ?? answer.body.length) };
}
