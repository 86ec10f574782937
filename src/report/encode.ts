/**
 * Rows of the completion report, as part files in staging and the report's own files hold them.
 *
 * I1. Columns: Bucket, Key, VersionId, TaskStatus, HTTPStatusCode, ErrorCode, ResultMessage. Every
 *     sample of AWS and a live job have the status before the code, against AWS's ReportSchema.
 * I2. The key is the manifest's spelling of it, so a report can be matched to its manifest by text.
 * I3. A row is one line, for readers that split at line feeds: in messages and codes a control
 *     character becomes a space. Only a key that holds a raw line break keeps it, in quotes (I2).
 * I4. Every row is counted, also those that the scope leaves out of the bytes (D1).
 */
import { assert } from '../base/assert.ts';
import { csvField } from '../base/csv.ts';
import type { Outcome, Task } from '../model/outcome.ts';

/** CreateJob's Report.ReportScope. */
export type ReportScope = 'AllTasks' | 'FailedTasksOnly';

export interface EncodedPart {
  /** Rows of tasks that succeeded, then rows of those that failed, both in the order given. */
  readonly bytes: Buffer;
  readonly succeeded: number;
  readonly failed: number;
  readonly succeededBytes: number;
  readonly failedBytes: number;
}

/** A function's result may be megabytes; a report row is for reading. Our choice. */
const RESULT_MESSAGE_CHARS_MAX = 10_000;
/**
 * Stands for "no HTTP answer" (status 0): readers of reports parse this column as a number or look
 * for three digits, and SDKs count a broken connection among the server's errors.
 */
const NO_ANSWER_STATUS = 500;

export function encodePart(
  tasks: readonly Task[],
  outcomes: readonly Outcome[],
  scope: ReportScope,
): EncodedPart {
  assert(tasks.length === outcomes.length, 'A part has one outcome for each task.');
  const withSucceeded = scope === 'AllTasks';
  let succeededRows = '';
  let failedRows = '';
  let failed = 0;
  // Neighbours mostly end alike: the last tail of each kind saves making it again.
  let message: string | undefined;
  let successTail = '';
  tasks.forEach((task, index) => {
    const outcome = outcomes[index];
    assert(outcome !== undefined, 'A part has no holes among its outcomes.');
    if (!outcome.ok) {
      failed++;
      failedRows += taskCells(task) + failureTail(outcome);
    } else if (withSucceeded) {
      if (outcome.message !== message) {
        message = outcome.message;
        successTail = `succeeded,200,,${csvField(oneLine(message))}\n`;
      }
      succeededRows += taskCells(task) + successTail;
    }
  });
  const succeededBytes = Buffer.byteLength(succeededRows);
  const bytes = Buffer.from(succeededRows + failedRows);
  return {
    bytes,
    succeeded: tasks.length - failed,
    failed,
    succeededBytes,
    failedBytes: bytes.length - succeededBytes,
  };
}

function taskCells({ bucket, manifestKey, versionId }: Task): string {
  const version = versionId ? csvField(versionId) : '';
  // A bucket's name has no character that CSV would quote (RowCheck sees to it).
  return `${bucket},${csvField(manifestKey)},${version},`;
}

function failureTail({ httpStatus, code, message }: Extract<Outcome, { ok: false }>): string {
  const status = httpStatus === 0 ? NO_ANSWER_STATUS : httpStatus;
  return `failed,${status},${csvField(oneLine(code))},${csvField(oneLine(message))}\n`;
}

// A CRLF is one line break.
const CONTROLS = /\r\n|[\x00-\x1f\x7f]/g;

function oneLine(text: string): string {
  return text.slice(0, RESULT_MESSAGE_CHARS_MAX).replaceAll(CONTROLS, ' ');
}
