/** The lists that the sources are tested with, each made from the same rows. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { csvField } from '../../src/base/csv.ts';
import { encodeKey } from '../../src/manifest/index.ts';
import type { JobManifest } from '../../src/model/job.ts';
import type { Task } from '../../src/model/outcome.ts';
import { BUCKET, type ListWorld, md5 } from './list-world.ts';

export interface Row {
  readonly key: string;
  readonly versionId: string;
}

/** Keys with everything that some format has to escape. */
export function rowsOf(count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `photos, "${i % 7}"/image ${i} + 100% über\n${'x'.repeat(i % 90)}`,
    versionId: i % 5 === 0 ? '' : `v-${i}`,
  }));
}

export function tasksOf(rows: readonly Row[], withVersionId: boolean): Task[] {
  return rows.map(({ key, versionId }) => {
    const task = { bucket: 'objects', key, manifestKey: encodeKey(key) };
    return withVersionId ? { ...task, versionId } : task;
  });
}

export const CSV: JobManifest['Spec'] = {
  Format: 'S3BatchOperations_CSV_20180820',
  Fields: ['Bucket', 'Key', 'VersionId'],
};
export const INVENTORY: JobManifest['Spec'] = { Format: 'S3InventoryReport_CSV_20161130' };

export const csvOf = (rows: readonly Row[]): string =>
  rows.map(({ key, versionId }) => `objects,${encodeKey(key)},${versionId}\n`).join('');

/** Another order than usual, every field quoted, columns that are none of ours. */
const SCHEMA = 'Key, Size, VersionId, IsLatest, IsDeleteMarker, Bucket, LastModifiedDate';
const inventoryRows = (rows: readonly Row[]): string =>
  rows
    .map(({ key, versionId }, i) =>
      [encodeKey(key), i, versionId, 'true', String(i % 3 === 0), 'objects', '2024-05-06T07:08:09Z']
        .map((cell) => `"${cell}"`)
        .join(','),
    )
    .map((row) => `${row}\n`)
    .join('');

export interface Envelope {
  [member: string]: unknown;
  files: { key: string; size?: unknown; MD5checksum?: unknown }[];
}

export function putFiles(
  world: ListWorld,
  files: readonly Buffer[],
  members: Readonly<Record<string, unknown>>,
): Envelope {
  return {
    sourceBucket: 'objects',
    destinationBucket: `arn:aws:s3:::${BUCKET}`,
    version: '2016-11-30',
    creationTimestamp: '1514944800000',
    ...members,
    files: files.map((body, i) => {
      const key = `inventory/data/${i}`;
      return { key, size: body.length, MD5checksum: world.put(key, body) };
    }),
  };
}

/** `rows` in `count` files. */
function split<T>(rows: readonly T[], count: number): T[][] {
  const size = Math.ceil(rows.length / count);
  return Array.from({ length: count }, (_, i) => rows.slice(i * size, (i + 1) * size));
}

export function csvInventory(world: ListWorld, rows: readonly Row[], files = 3): JobManifest {
  const bodies = split(rows, files).map((some) => gzipSync(inventoryRows(some)));
  const envelope = putFiles(world, bodies, { fileFormat: 'CSV', fileSchema: SCHEMA });
  return world.manifest('inventory/manifest.json', JSON.stringify(envelope), INVENTORY);
}

export const CODECS = {
  UNCOMPRESSED: undefined,
  SNAPPY: undefined,
  GZIP: (bytes: Uint8Array) => gzipSync(bytes),
  ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes),
} as const;

export function parquetOf(rows: readonly Row[], codec: keyof typeof CODECS = 'SNAPPY'): Buffer {
  const compress = CODECS[codec];
  const versions = rows.map(({ versionId }) => (versionId === '' ? null : versionId));
  return Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'bucket', data: rows.map(() => 'objects'), type: 'STRING', nullable: false },
        { name: 'size', data: rows.map((_, i) => i), type: 'INT32' },
        { name: 'key', data: rows.map(({ key }) => key), type: 'STRING', nullable: false },
        { name: 'version_id', data: versions, type: 'STRING' },
      ],
      codec,
      ...(compress ? { compressors: { [codec]: compress } } : {}),
      rowGroupSize: [100, 7000],
      pageSize: 20_000,
    }),
  );
}

export function parquetInventory(world: ListWorld, rows: readonly Row[], files = 2): JobManifest {
  const bodies = split(rows, files).map((some) => parquetOf(some));
  const envelope = putFiles(world, bodies, {
    fileFormat: 'Parquet',
    fileSchema: 'message s3.inventory { required binary bucket (UTF8); }',
  });
  return world.manifest('inventory/manifest.json', JSON.stringify(envelope), INVENTORY);
}

export const reportRow = ({ key, versionId }: Row, status: string): string =>
  `objects,${encodeKey(key)},${versionId},${status},200,,${csvField('said "no", twice')}\n`;

/** The report of a job whose odd rows failed. */
export function report(
  world: ListWorld,
  rows: readonly Row[],
  Fields: NonNullable<JobManifest['Spec']>['Fields'] = ['Bucket', 'Key', 'VersionId'],
): JobManifest {
  const succeeded = rows.filter((_, i) => i % 2 === 0);
  const failed = rows.filter((_, i) => i % 2 === 1);
  const file = (status: string, some: readonly Row[], i: number): object => {
    const body = Buffer.from(some.map((row) => reportRow(row, status)).join(''));
    const key = `reports/job-1/results/${status}-${i}.csv`;
    world.put(key, body);
    return { TaskExecutionStatus: status, Bucket: BUCKET, MD5Checksum: md5(body), Key: key };
  };
  const index = {
    Format: 'Report_CSV_20180820',
    ReportCreationDate: '2019-04-05T17:48:39.725Z',
    Results: [
      file('succeeded', succeeded, 0),
      ...split(failed, 2).map((some, i) => file('failed', some, i)),
    ],
    ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
  };
  return world.manifest('reports/job-1/manifest.json', JSON.stringify(index), {
    Format: 'S3BatchOperations_CSV_20180820',
    Fields,
  });
}

export const jsonLinesOf = (rows: readonly Row[]): string =>
  rows
    .map(({ key, versionId }) => JSON.stringify({ Bucket: 'objects', key, version_id: versionId }))
    .map((line) => `${line}\n`)
    .join('');
