/** A manifest.json that names data files, and those files as objects. */
import { type DataFile, ManifestDefect } from '../manifest/index.ts';
import { ListObject } from './list-object.ts';
import type { ListRequest } from './list-source.ts';
import type { TextFile } from './list-text.ts';
import { manifestName } from './manifest-source.ts';

/** Some 100,000 data files, each of a million rows or so in a real inventory. */
const ENVELOPE_BYTES_MAX = 16 * 1024 * 1024;

/** The bytes of the object that the job names, whose ETag is checked. */
export async function readEnvelope({ job, held, context }: ListRequest): Promise<Buffer> {
  const bytes = await new ListObject(manifestName(job), held, context).whole(ENVELOPE_BYTES_MAX);
  if (bytes !== undefined) return bytes;
  throw new ManifestDefect(
    `Manifest file is not properly formatted: manifest.json has more than ${ENVELOPE_BYTES_MAX} bytes.`,
  );
}

export function dataFiles(files: readonly DataFile[], { job }: ListRequest): TextFile[] {
  const own = manifestName(job).bucket;
  return files.map(({ bucket = own, key, ...rest }) => ({
    ...rest,
    name: { bucket, key, role: 'data file' },
  }));
}
