/** What the readers and writers of manifests agree on. */
import type { JobFailureCode } from '../model/job.ts';
import { FAILURE_REASON_CHARS_MAX } from '../model/limits.ts';

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
    super(reason.slice(0, FAILURE_REASON_CHARS_MAX));
    this.code = code;
  }
}

/** Text of a manifest as a reason may show it: short, and printable whatever it was. */
export function shown(text: string): string {
  const printable = text.slice(0, 64).replaceAll(/[^\x20-\x7e]/g, '?');
  return `"${printable}${text.length > 64 ? '...' : ''}"`;
}
