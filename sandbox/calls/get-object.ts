/** GetObject and HeadObject. */
import type { Answer, Exchange } from '../call.ts';
import { failedCondition, preconditionFailed } from '../conditions.ts';
import { invalidArgument, S3Error } from '../errors.ts';
import { checksumHeaders, objectHeaders, parseChecksum } from '../object-headers.ts';
import { refuseArchived } from '../restore.ts';
import { type PartRecord, partsOf } from './complete-multipart-upload.ts';
import type { Segment } from '../storage/blobs.ts';
import { sliceSegments } from '../storage/blobs.ts';
import { segmentsOf, type VersionRow } from '../storage/versions.ts';

const OVERRIDES: Readonly<Record<string, string>> = {
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
  'response-content-language': 'content-language',
  'response-content-type': 'content-type',
  'response-expires': 'expires',
};
export const OVERRIDE_PARAMETERS: readonly string[] = Object.keys(OVERRIDES);

/** A run of the object's bytes; `isPartial` when it is answered as 206. */
interface Span {
  readonly start: number;
  readonly length: number;
  readonly isPartial: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** StoredChecksum of just these bytes, or ''. */
  readonly checksum: string;
}

export function getObject(exchange: Exchange): Answer {
  const row = exchange.target();
  refuseArchived(row, exchange.sandbox.clock.now());
  const { status, headers, span } = describe(exchange, row);
  const segments = sliceSegments(segmentsOf(row), span.start, span.length);
  const { blobs } = exchange.storage;
  return { status, headers, body: blobs.inline(segments) ?? pinned(exchange, segments) };
}

export function headObject(exchange: Exchange): Answer {
  const { status, headers } = describe(exchange, exchange.target());
  return { status, headers };
}

/** The bytes while they are pinned, from now on: the version may be deleted meanwhile. */
function pinned({ storage }: Exchange, segments: readonly Segment[]): AsyncIterable<Buffer> {
  const { blobs } = storage;
  blobs.pin(segments);
  const read = blobs.read(segments);
  let isPinned = true;
  const unpin = (): void => {
    if (isPinned) blobs.unpin(segments);
    isPinned = false;
  };
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const next = await read.next();
        if (next.done === true) unpin();
        return next;
      },
      async return() {
        await read.return();
        unpin();
        return { done: true, value: undefined };
      },
    }),
  };
}

function describe(
  exchange: Exchange,
  row: VersionRow,
): { status: number; headers: Record<string, string>; span: Span } {
  const { request, bucket, sandbox } = exchange;
  const known = objectHeaders(bucket, row, sandbox.clock.now());
  refuseFailedRead(exchange, row, known);
  const span = requestedSpan(exchange, row);
  const headers: Record<string, string> = {
    ...known,
    ...span.headers,
    'content-length': String(span.length),
  };
  if (request.header('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED') {
    Object.assign(headers, checksumHeaders(span.checksum));
  }
  for (const [parameter, header] of Object.entries(OVERRIDES)) {
    const value = request.query.get(parameter);
    if (value === undefined) continue;
    if (exchange.account === undefined) {
      throw new S3Error('InvalidRequest', {
        message: 'Request specific response headers cannot be used for anonymous GET requests.',
      });
    }
    if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) {
      throw invalidArgument('A header value cannot hold control characters', parameter, value);
    }
    headers[header] = value;
  }
  return { status: span.isPartial ? 206 : 200, headers, span };
}

function refuseFailedRead(
  { request }: Exchange,
  row: VersionRow,
  known: Readonly<Record<string, string>>,
): void {
  const failed = failedCondition(row, {
    ifMatch: request.header('if-match'),
    ifNoneMatch: request.header('if-none-match'),
    ifModifiedSince: request.header('if-modified-since'),
    ifUnmodifiedSince: request.header('if-unmodified-since'),
  });
  if (failed === 'If-Match' || failed === 'If-Unmodified-Since') throw preconditionFailed(failed);
  if (failed === undefined) return;
  const { etag, 'last-modified': modified } = known;
  throw new S3Error('NotModified', {
    headers: { etag: etag ?? '', 'last-modified': modified ?? '' },
  });
}

function requestedSpan({ request }: Exchange, row: VersionRow): Span {
  const range = request.header('range');
  const part = request.query.get('partNumber');
  if (part === undefined) return rangeSpan(range, request.header('if-range'), row);
  if (range !== undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'Cannot specify both Range header and partNumber query parameter',
    });
  }
  return partSpan(part, row);
}

function rangeSpan(text: string | undefined, ifRange: string | undefined, row: VersionRow): Span {
  const { size, checksum } = row;
  const whole: Span = { start: 0, length: size, isPartial: false, headers: {}, checksum };
  // A range that is none is ignored (RFC 9110), and S3 answers only one range at a time.
  const range = /^bytes=(\d*)-(\d*)$/.exec(text?.trim() ?? '');
  if (range === null || (range[1] === '' && range[2] === '')) return whole;
  if (ifRange !== undefined && !isStillCurrent(ifRange, row)) return whole;
  const [, first = '', last = ''] = range;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return whole;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) {
    throw new S3Error('InvalidRange', {
      elements: { RangeRequested: text ?? '', ActualObjectSize: String(size) },
      headers: { 'content-range': `bytes */${size}` },
    });
  }
  return partialSpan(start, end - start + 1, size);
}

function partialSpan(start: number, length: number, size: number): Span {
  const contentRange = `bytes ${start}-${start + length - 1}/${size}`;
  // The checksum is one of the whole object, so it does not go with a range of it.
  const headers = { 'content-range': contentRange };
  return { start, length, isPartial: true, headers, checksum: '' };
}

function isStillCurrent(ifRange: string, row: VersionRow): boolean {
  if (ifRange.includes('"')) return ifRange.replace(/"/g, '') === row.etag;
  return Date.parse(ifRange) === Math.floor(row.modifiedMs / 1000) * 1000;
}

function partSpan(text: string, row: VersionRow): Span {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 10_000) {
    throw invalidArgument(
      'Part number must be an integer between 1 and 10000, inclusive',
      'partNumber',
      text,
    );
  }
  const parts = partsOf(row);
  const index = parts.length === 0 ? number - 1 : parts.findIndex((p) => p.number === number);
  if (index < 0 || index >= Math.max(1, parts.length)) {
    throw new S3Error('InvalidPartNumber', {
      elements: { PartNumberRequested: text, ActualPartCount: String(Math.max(1, parts.length)) },
    });
  }
  const start = parts.slice(0, index).reduce((sum, part) => sum + part.size, 0);
  const length = parts[index]?.size ?? row.size;
  const checksum = parts.length === 0 ? row.checksum : partChecksum(row, parts[index]);
  const count = parts.length === 0 ? {} : { 'x-amz-mp-parts-count': String(parts.length) };
  if (length === 0) return { start, length, isPartial: false, headers: count, checksum };
  const span = partialSpan(start, length, row.size);
  return { ...span, headers: { ...span.headers, ...count }, checksum };
}

/** A part has the checksum that it was uploaded with, told with the type of its object's. */
function partChecksum(row: VersionRow, part: PartRecord | undefined): string {
  const whole = parseChecksum(row.checksum);
  if (whole === undefined || part === undefined || part.checksum === '') return '';
  return JSON.stringify({ ...whole, value: part.checksum });
}
