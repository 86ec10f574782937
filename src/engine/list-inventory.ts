/**
 * S3 Inventory, through its manifest.json: made by AWS or another store, by a manifest generator, or
 * by hand. The schema stands in the envelope, so the job names no fields. Rows of delete markers are
 * tasks like all others, and empty version ids stay empty: what becomes of them is each task's outcome.
 */
import { csvColumns, readInventory } from '../manifest/index.ts';
import { dataFiles, readEnvelope } from './list-envelope.ts';
import type { OpenList } from './list-source.ts';
import { textSource } from './list-text.ts';

export const openInventory: OpenList = async (request) => {
  const { files, columns } = readInventory(await readEnvelope(request));
  const objects = dataFiles(files, request);
  if (!columns) throw new Error('not yet');
  const fields =
    columns.versionId < 0
      ? (['Bucket', 'Key'] as const)
      : (['Bucket', 'Key', 'VersionId'] as const);
  return textSource({ files: objects, format: csvColumns(columns), fields }, request);
};
