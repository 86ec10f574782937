/**
 * The manifest that a generator writes for its user, in the layout of S3 Inventory.
 *
 * AWS publishes neither keys nor columns of its format S3InventoryReport_CSV_20211130; these are
 * ours (unverified), chosen so that the file can be handed back as S3InventoryReport_CSV_20161130.
 * Columns follow Inventory: a bucket without versions has no column for them, since an empty version
 * id would fail each task of a later job; and what nobody had to ask the objects for is left out.
 */
import { createHash } from 'node:crypto';
import { csvField } from '../base/csv.ts';
import type { ManifestField } from '../model/vocabulary.ts';
import { encodeKey } from './key.ts';

export const GENERATED_MANIFEST_FORMAT = 'S3InventoryReport_CSV_20211130';

export interface InventoryColumns {
  /** VersionId, IsLatest, IsDeleteMarker. */
  readonly hasVersions: boolean;
  /** Size, LastModifiedDate, ETag, StorageClass; without them the rows are a manifest's. */
  readonly hasDetails: boolean;
  /** ReplicationStatus, EncryptionStatus; only among the details. */
  readonly hasFacts: boolean;
}

export interface InventoryObject {
  readonly key: string;
  readonly versionId?: string;
  readonly isLatest: boolean;
  readonly size: number;
  readonly lastModified: string;
  readonly etag: string;
  readonly storageClass: string;
  readonly facts?: { readonly replication: string; readonly encryption: string };
}

export interface InventoryFile {
  readonly key: string;
  readonly size: number;
  /** Hex. */
  readonly md5: string;
}

const VERSION_COLUMNS = ['IsLatest', 'IsDeleteMarker'];
const DETAIL_COLUMNS = ['Size', 'LastModifiedDate', 'ETag', 'StorageClass'];
const FACT_COLUMNS = ['ReplicationStatus', 'EncryptionStatus'];

function columnNames({ hasVersions, hasDetails, hasFacts }: InventoryColumns): string[] {
  return [
    'Bucket',
    'Key',
    ...(hasVersions ? ['VersionId'] : []),
    ...(hasVersions && hasDetails ? VERSION_COLUMNS : []),
    ...(hasDetails ? DETAIL_COLUMNS : []),
    ...(hasDetails && hasFacts ? FACT_COLUMNS : []),
  ];
}

/** What a job reads of these rows. */
export function inventoryFields(columns: InventoryColumns): readonly ManifestField[] {
  return columnNames(columns).map((name) =>
    name === 'Bucket' || name === 'Key' || name === 'VersionId' ? name : 'Ignore',
  );
}

/** One row per object, each with its line feed. No delete marker is ever among them. */
export function inventoryRows(
  bucket: string,
  objects: readonly InventoryObject[],
  { hasVersions, hasDetails, hasFacts }: InventoryColumns,
): string {
  const head = `${csvField(bucket)},`;
  let rows = '';
  for (const object of objects) {
    rows += head + encodeKey(object.key);
    if (hasVersions) rows += `,${csvField(object.versionId ?? '')}`;
    if (hasDetails) {
      if (hasVersions) rows += `,${object.isLatest},false`;
      rows += `,${object.size},${csvField(object.lastModified)},${csvField(object.etag)}`;
      rows += `,${csvField(object.storageClass)}`;
      if (hasFacts) {
        const { replication = 'NONE', encryption = '' } = object.facts ?? {};
        rows += `,${replication === 'NONE' ? '' : csvField(replication)},${encryption}`;
      }
    }
    rows += '\n';
  }
  return rows;
}

export interface InventoryKeys {
  readonly manifest: string;
  /** The manifest's MD5 in hexadecimal, and nothing else. */
  readonly md5: string;
  /** Of the `index`-th data file: a repeated lease writes the same file to the same place. */
  data(index: number): string;
}

/** A slash at the end of the prefix gives a double slash, as in the keys of reports. */
export function inventoryKeys(
  prefix: string | undefined,
  bucket: string,
  jobId: string,
): InventoryKeys {
  const folder = `${prefix ? `${prefix}/` : ''}${bucket}/job-${jobId}`;
  const manifest = `${folder}/manifest.json`;
  return {
    manifest,
    md5: `${manifest}.md5`,
    data(index) {
      const hex = createHash('sha256').update(`${jobId}/${index}`).digest('hex');
      const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
      return `${folder}/data/${uuid}.csv.gz`;
    },
  };
}

/** The text of manifest.json, in Inventory's own order. */
export function inventoryManifest(inventory: {
  readonly sourceBucket: string;
  /** A name. */
  readonly destinationBucket: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly columns: InventoryColumns;
  readonly files: readonly InventoryFile[];
}): string {
  return JSON.stringify({
    sourceBucket: inventory.sourceBucket,
    destinationBucket: `arn:aws:s3:::${inventory.destinationBucket}`,
    version: '2021-11-30',
    creationTimestamp: String(inventory.createdAt),
    fileFormat: 'CSV',
    fileSchema: columnNames(inventory.columns).join(', '),
    files: inventory.files.map(({ key, size, md5 }) => ({ key, size, MD5checksum: md5 })),
  });
}
