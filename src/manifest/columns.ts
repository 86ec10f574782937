import type { ManifestField } from '../model/vocabulary.ts';
import { ManifestDefect } from './manifest.ts';

/** Which column of a CSV manifest is what. */
export interface ManifestColumns {
  readonly fields: readonly ManifestField[];
  readonly bucket: number;
  readonly key: number;
  /** -1: the manifest has no VersionId column. */
  readonly versionId: number;
}

/** Reads `Manifest.Spec.Fields`; throws ManifestDefect when no manifest can look like that. */
export function manifestColumns(fields: readonly ManifestField[]): ManifestColumns {
  const missing = (['Bucket', 'Key'] as const).filter((field) => !fields.includes(field));
  if (missing.length > 0) {
    // AWS's text, as its guide quotes it.
    throw new ManifestDefect(`Required fields are missing in the schema: ${missing.join(', ')}`);
  }
  for (const field of ['Bucket', 'Key', 'VersionId'] as const) {
    if (fields.indexOf(field) !== fields.lastIndexOf(field)) {
      throw new ManifestDefect(`Invalid Manifest Content: the schema names ${field} twice.`);
    }
  }
  return {
    fields,
    bucket: fields.indexOf('Bucket'),
    key: fields.indexOf('Key'),
    versionId: fields.indexOf('VersionId'),
  };
}
