/** One row of a manifest. */
export interface Task {
  readonly bucket: string;
  /** Decoded: what S3 is asked for. */
  readonly key: string;
  /** As the manifest spells it (unquoted, still percent-encoded): what the report echoes. */
  readonly manifestKey: string;
  /** Absent: the manifest has no VersionId column. Empty: it has one and this row leaves it empty. */
  readonly versionId?: string;
}

/** Rows in their order; arrays are some. Whoever asks twice for a task may get two that are equal. */
export interface TaskList {
  readonly length: number;
  at(index: number): Task | undefined;
}

/** What to do with a failure: give up, try again, or try again more gently. */
export type Again = 'never' | 'later' | 'slow-down';

/** What one task ended as. A value, never an exception (D9). */
export type Outcome =
  | { readonly ok: true; readonly message: string }
  | {
      readonly ok: false;
      /** 0 when there was no HTTP answer. */
      readonly httpStatus: number;
      readonly code: string;
      readonly message: string;
      readonly again: Again;
      /** True: the failure is the task's own, from something that works. No sign of an outage. */
      readonly isOwn?: true;
      /** True: an outage of somebody whom others may not need; that those get answers proves nothing. */
      readonly isOutage?: true;
    };

export type FailedOutcome = Extract<Outcome, { ok: false }>;

export function failed(
  httpStatus: number,
  code: string,
  message: string,
  again: Again = 'never',
): FailedOutcome {
  return { ok: false, httpStatus, code, message, again };
}
