/** The same rows as lists of every kind, in files. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { JobManifest } from '../../src/model/job.ts';

export const BUCKET = 'lists';
const OBJECTS = 'example-archive-2024';
/** AWS's inventories have some such size of files. */
const ROWS_PER_FILE = 1_000_000;
const ROWS_PER_WRITE = 50_000;

const keyOf = (i: number): string => `photos/2024/${i % 12}/user-${i % 9973}/image-${i}.jpg`;
const versionOf = (i: number): string => `3sL4kqtJlcpXroDTDmJ-rmSpXd3dIbrHY.${i}`;

export interface NamedList {
  readonly name: string;
  readonly manifest: JobManifest;
}

export function makeLists(folder: string, rows: number): readonly NamedList[] {
  mkdirSync(join(folder, BUCKET), { recursive: true });
  const csv = Buffer.concat(textOf(0, rows, (i) => `${OBJECTS},${keyOf(i)},${versionOf(i)}\n`));
  const plain: JobManifest['Spec'] = {
    Format: 'S3BatchOperations_CSV_20180820',
    Fields: ['Bucket', 'Key', 'VersionId'],
  };
  return [
    { name: 'plain CSV', manifest: put(folder, 'list.csv', csv, plain) },
    { name: 'CSV with gzip', manifest: put(folder, 'list.csv.gz', gzipSync(csv), plain) },
    { name: 'inventory, gzip CSV', manifest: csvInventory(folder, rows) },
    { name: 'inventory, Parquet snappy', manifest: parquetInventory(folder, rows, 'SNAPPY') },
    { name: 'inventory, Parquet zstd', manifest: parquetInventory(folder, rows, 'ZSTD') },
  ];
}

function textOf(from: number, to: number, row: (i: number) => string): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = from; at < to; at += ROWS_PER_WRITE) {
    const count = Math.min(ROWS_PER_WRITE, to - at);
    pieces.push(Buffer.from(Array.from({ length: count }, (_, i) => row(at + i)).join('')));
  }
  return pieces;
}

function csvInventory(folder: string, rows: number): JobManifest {
  const row = (i: number): string =>
    `"${OBJECTS}","${keyOf(i)}","${versionOf(i)}","true","false","${i % 100_000}","2024-05-06T07:08:09.000Z","STANDARD"\n`;
  return inventory(folder, rows, 'csv', 'CSV', (from, to) =>
    gzipSync(Buffer.concat(textOf(from, to, row))),
  );
}

function parquetInventory(folder: string, rows: number, codec: 'SNAPPY' | 'ZSTD'): JobManifest {
  return inventory(folder, rows, codec, 'Parquet', (from, to) => {
    const column = <T>(value: (i: number) => T): T[] =>
      Array.from({ length: to - from }, (_, i) => value(from + i));
    return Buffer.from(
      parquetWriteBuffer({
        columnData: [
          { name: 'bucket', data: column(() => OBJECTS), type: 'STRING', nullable: false },
          { name: 'key', data: column(keyOf), type: 'STRING', nullable: false },
          { name: 'version_id', data: column(versionOf), type: 'STRING' },
          { name: 'size', data: column((i) => i % 100_000), type: 'INT32' },
          { name: 'storage_class', data: column(() => 'STANDARD'), type: 'STRING' },
        ],
        codec,
        compressors: { ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes) },
      }),
    );
  });
}

function inventory(
  folder: string,
  rows: number,
  name: string,
  fileFormat: string,
  make: (from: number, to: number) => Buffer,
): JobManifest {
  const files: object[] = [];
  for (let from = 0; from < rows; from += ROWS_PER_FILE) {
    const key = `${name}-${from}`;
    const body = make(from, Math.min(rows, from + ROWS_PER_FILE));
    writeFileSync(join(folder, BUCKET, key), body);
    files.push({ key, size: body.length, MD5checksum: md5(body) });
  }
  const fileSchema =
    'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, StorageClass';
  const envelope = { destinationBucket: BUCKET, fileFormat, fileSchema, files };
  return put(folder, `${name}.json`, Buffer.from(JSON.stringify(envelope)), {
    Format: 'S3InventoryReport_CSV_20161130',
  });
}

function put(folder: string, key: string, body: Buffer, Spec: JobManifest['Spec']): JobManifest {
  writeFileSync(join(folder, BUCKET, key), body);
  return { Spec, Location: { ObjectArn: `arn:aws:s3:::${BUCKET}/${key}`, ETag: md5(body) } };
}

const md5 = (body: Buffer): string => createHash('md5').update(body).digest('hex');
