/** What the readers and writers of manifests agree on. */
import type { JobFailureCode } from '../model/job.ts';
import { FAILURE_REASON_CHARS_MAX } from '../model/limits.ts';

/** A run of consecutive rows, as a byte range [start, end) of the manifest or of a segment. */
export interface ChunkRange {
  /** Rows before this chunk. */
  readonly firstRow: number;
  readonly rows: number;
  /** The list was rewritten: its segment in staging (a name, not a position). */
  readonly segment?: number;
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

  /** The same, naming the file of the list that it is in; the file's name is never cut off whole. */
  inFile(file: string): ManifestDefect {
    const place = ` (in ${shownEnd(file)})`;
    const reason = this.message.slice(0, FAILURE_REASON_CHARS_MAX - place.length);
    return new ManifestDefect(reason + place, this.code);
  }
}

const SHOWN_CHARS_MAX = 64;
const UNPRINTABLE = /[^\x20-\x7e]/g;

/** Text of a manifest as a reason may show it: short, and printable whatever it was. */
export function shown(text: string): string {
  const printable = text.slice(0, SHOWN_CHARS_MAX).replaceAll(UNPRINTABLE, '?');
  return `"${printable}${text.length > SHOWN_CHARS_MAX ? '...' : ''}"`;
}

/** As `shown`, for names of objects, which differ at their end. */
function shownEnd(text: string): string {
  const printable = text.slice(-SHOWN_CHARS_MAX).replaceAll(UNPRINTABLE, '?');
  return `"${text.length > SHOWN_CHARS_MAX ? '...' : ''}${printable}"`;
}
