/**
 * The manifest.json files that name data files: of S3 Inventory (its own, a generated manifest's,
 * one made by hand) and of a completion report. Anything else is a ManifestDefect naming the member.
 */
import { isUtf8 } from 'node:buffer';
import { type ManifestColumns, manifestColumns } from './columns.ts';
import { ManifestDefect, shown } from './manifest.ts';

/** A file of rows. */
export interface DataFile {
  /** Absent: the bucket of the manifest.json itself. */
  readonly bucket?: string;
  readonly key: string;
  /** Bytes. */
  readonly size?: number;
  /** Hex, lowercase. */
  readonly md5?: string;
}

export interface Inventory {
  readonly files: readonly DataFile[];
  /** Absent: the files are Parquet, which say themselves what their columns are. */
  readonly columns?: ManifestColumns;
}

type Members = Readonly<Record<string, unknown>>;

/** Reads an inventory's manifest.json. Only CSV and Parquet; ORC is refused. */
export function readInventory(bytes: Buffer): Inventory {
  const envelope = objectOf(bytes);
  if ('ReportSchema' in envelope) {
    throw defect(
      'this is a completion report; name the format S3BatchOperations_CSV_20180820 to run it again.',
    );
  }
  const format = text(envelope, 'fileFormat').toUpperCase();
  if (format === 'ORC') {
    throw defect('fileFormat is ORC, which cannot be read: set the inventory to CSV or Parquet.');
  }
  if (format !== 'CSV' && format !== 'PARQUET') {
    throw defect(`fileFormat is ${shown(format)}; CSV and Parquet can be read.`);
  }
  const destination = optionalText(envelope, 'destinationBucket');
  const bucket = destination?.split(':').at(-1);
  if (bucket === '') throw defect('destinationBucket names no bucket.');
  const files = list(envelope, 'files').map((file, i) =>
    inventoryFile(file, `files[${i}]`, bucket),
  );
  if (format === 'PARQUET') return { files };
  return { files, columns: schemaColumns(text(envelope, 'fileSchema')) };
}

/** The columns of `Bucket, Key, ...`, in any order; those that are no business of ours are ignored. */
function schemaColumns(schema: string): ManifestColumns {
  const names = schema.split(',').map((name) => name.trim().toLowerCase());
  const known = ['Bucket', 'Key', 'VersionId'] as const;
  return manifestColumns(
    names.map((name) => known.find((field) => field.toLowerCase() === name) ?? 'Ignore'),
  );
}

function inventoryFile(file: Members, path: string, bucket: string | undefined): DataFile {
  const size = file['size'];
  if (size !== undefined && !(Number.isSafeInteger(size) && Number(size) >= 0)) {
    throw defect(`${path}.size is not a number of bytes.`);
  }
  const md5 = optionalText(file, 'MD5checksum', path) ?? optionalText(file, 'MD5Checksum', path);
  return {
    key: keyOf(file, 'key', path),
    ...(bucket === undefined ? {} : { bucket }),
    ...(size === undefined ? {} : { size: Number(size) }),
    ...(md5 === undefined ? {} : { md5: md5Of(md5, path) }),
  };
}

/** Columns of a report file, see report/encode.ts. */
export const REPORT_COLUMNS = manifestColumns([
  'Bucket',
  'Key',
  'VersionId',
  'Ignore',
  'Ignore',
  'Ignore',
  'Ignore',
]);

/** Reads a report's manifest.json: its files, of failed rows only or of all. */
export function readReportIndex(bytes: Buffer, scope: 'failed' | 'all'): readonly DataFile[] {
  const index = objectOf(bytes);
  if (!('ReportSchema' in index)) {
    throw defect(
      'fileSchema' in index
        ? 'this is an inventory; name the format S3InventoryReport_CSV_20161130.'
        : 'it has no ReportSchema, so it is not the manifest.json of a completion report.',
    );
  }
  const format = text(index, 'Format');
  if (format !== 'Report_CSV_20180820') throw defect(`Format is ${shown(format)}.`);
  return list(index, 'Results').flatMap((result, i) => {
    const path = `Results[${i}]`;
    const status = text(result, 'TaskExecutionStatus', path);
    if (status !== 'succeeded' && status !== 'failed') {
      throw defect(`${path}.TaskExecutionStatus is ${shown(status)}.`);
    }
    if (scope === 'failed' && status !== 'failed') return [];
    const bucket = text(result, 'Bucket', path).split(':').at(-1);
    if (!bucket) throw defect(`${path}.Bucket names no bucket.`);
    const md5 = md5Of(text(result, 'MD5Checksum', path), path);
    return [{ bucket, key: keyOf(result, 'Key', path), md5 }];
  });
}

function objectOf(bytes: Buffer): Members {
  if (!isUtf8(bytes)) throw defect('it is not UTF-8.');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw defect('it is not JSON.');
  }
  if (!isObject(value)) throw defect('it is not a JSON object.');
  return value;
}

function list(members: Members, name: string): readonly Members[] {
  const value = members[name];
  if (!Array.isArray(value)) throw defect(`${name} is missing or not a list.`);
  const odd = value.findIndex((one) => !isObject(one));
  if (odd >= 0) throw defect(`${name}[${odd}] is not an object.`);
  return value as Members[];
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(members: Members, name: string, path?: string): string {
  const value = optionalText(members, name, path);
  if (value === undefined) throw defect(`${path ? `${path}.` : ''}${name} is missing.`);
  return value;
}

function optionalText(members: Members, name: string, path?: string): string | undefined {
  const value = members[name];
  if (value === undefined || typeof value === 'string') return value;
  throw defect(`${path ? `${path}.` : ''}${name} is not a string.`);
}

function keyOf(members: Members, name: string, path: string): string {
  const key = text(members, name, path);
  if (key === '') throw defect(`${path}.${name} is empty.`);
  return key;
}

function md5Of(md5: string, path: string): string {
  if (!/^[0-9a-f]{32}$/i.test(md5)) throw defect(`${path} has an MD5 checksum that is not one.`);
  return md5.toLowerCase();
}

function defect(detail: string): ManifestDefect {
  return new ManifestDefect(`Manifest file is not properly formatted: manifest.json: ${detail}`);
}
