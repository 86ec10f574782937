/** Where a job's rows lie: its manifest object, or the segments that it was rewritten into (D7). */
import { assert } from '../base/assert.ts';
import type { ChunkRange } from '../manifest/index.ts';
import type { Job } from '../model/job.ts';
import type { ManifestField } from '../model/vocabulary.ts';
import type { EngineContext } from './context.ts';
import type { HeldLease } from './held-lease.ts';
import { ListObject, type ObjectName } from './list-object.ts';
import { readStaged } from './staged.ts';

/** The object of `Manifest.Location`. */
export function manifestName(job: Job): ObjectName {
  const location = job.request.Manifest?.Location;
  const arn = /^arn:[^:]+:s3:[^:]*:[^:]*:([^/]+)\/(.+)$/s.exec(location?.ObjectArn ?? '');
  const [, bucket, key] = arn ?? [];
  assert(
    location?.ETag && bucket && key,
    'A job without a readable manifest location was accepted.',
  );
  const { ObjectVersionId: versionId, ETag: etag } = location;
  return { bucket, key, versionId, etag, role: 'manifest' };
}

/** The columns of a chunk's rows. */
export function fieldsOf(job: Job): readonly ManifestField[] {
  return job.list?.fields ?? job.request.Manifest?.Spec?.Fields ?? [];
}

/** The bytes of one chunk. Bounded by the rows of a chunk and the length of a row (D6). */
export async function readChunk(
  job: Job,
  range: ChunkRange,
  held: HeldLease,
  context: EngineContext,
): Promise<Buffer> {
  const { segment, start, end } = range;
  if (segment === undefined) {
    return new ListObject(manifestName(job), held, context).range(start, end);
  }
  return readStaged({ jobId: job.id, segment }, { start, end }, held, context);
}
