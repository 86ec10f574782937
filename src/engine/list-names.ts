/**
 * Manifests of one object that is not plain CSV, told by its name: JSON Lines (`.jsonl`, `.ndjson`)
 * and anything compressed (`.gz`, `.zst`). `Manifest.Spec.Fields` are those of the CSV inside; for
 * JSON Lines they say only whether VersionId counts, as everywhere: without it a job acts on
 * whatever is current.
 */
import { csvRows, jsonLines, type RowFormat } from '../manifest/index.ts';
import type { ManifestField } from '../model/vocabulary.ts';
import type { ListRequest, ListSource, OpenList } from './list-source.ts';
import { textSource } from './list-text.ts';
import { fieldsOf, manifestName } from './manifest-source.ts';

export const openCompressedCsv: OpenList = (request) =>
  Promise.resolve(oneFile(request, csvRows(), fieldsOf(request.job)));

export const openJsonLines: OpenList = (request) => {
  const withVersionId = fieldsOf(request.job).includes('VersionId');
  const fields: readonly ManifestField[] = withVersionId
    ? ['Bucket', 'Key', 'VersionId']
    : ['Bucket', 'Key'];
  return Promise.resolve(oneFile(request, jsonLines(withVersionId), fields));
};

function oneFile(
  request: ListRequest,
  format: RowFormat,
  fields: readonly ManifestField[],
): ListSource {
  return textSource({ files: [{ name: manifestName(request.job) }], format, fields }, request);
}
