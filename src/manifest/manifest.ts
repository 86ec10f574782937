/** What the readers and writers of manifests agree on. */
import type { JobFailureCode } from '../model/job.ts';

/** A run of consecutive rows, as a byte range [start, end) of the manifest. */
export interface ChunkRange {
  /** Rows before this chunk. */
  readonly firstRow: number;
  readonly rows: number;
  readonly start: number;
  readonly end: number;
}

/** Where the manifest is wrong; the job fails with it. `reason` names the line. */
export class ManifestDefect extends Error {
  override readonly name = 'ManifestDefect';
  readonly code: JobFailureCode;

  constructor(reason: string, code: JobFailureCode = 'InvalidManifestContent') {
    super(reason);
    this.code = code;
  }
}
