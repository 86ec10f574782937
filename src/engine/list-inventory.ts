/**
 * S3 Inventory, through its manifest.json: made by AWS or another store, by a manifest generator, or
 * by hand. The schema stands in the envelope or in the Parquet files, so the job names no fields.
 * Rows of delete markers are tasks like all others, and empty version ids stay empty: what becomes
 * of them is each task's outcome.
 */
import { csvColumns, readInventory } from '../manifest/index.ts';
import { dataFiles, readEnvelope } from './list-envelope.ts';
import { parquetSource } from './list-parquet.ts';
import type { OpenList } from './list-source.ts';
import { textSource } from './list-text.ts';

export const openInventory: OpenList = async (request) => {
  const inventory = readInventory(await readEnvelope(request));
  const files = dataFiles(inventory.files, request);
  const { columns } = inventory;
  if (!columns) return parquetSource(files, request);
  const fields =
    columns.versionId < 0
      ? (['Bucket', 'Key'] as const)
      : (['Bucket', 'Key', 'VersionId'] as const);
  return textSource({ files, format: csvColumns(columns), fields }, request);
};
