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
import { giveBackWhole } from '../base/bytes.ts';
import { csvField } from '../base/csv.ts';
import type { Outcome, Task, TaskList } from '../model/outcome.ts';

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
const PIECE_CHARS = 16 * 1024;
/** Of one UTF-16 unit. */
const UTF8_BYTES_MAX = 3;

export function encodePart(
  tasks: TaskList,
  outcomes: readonly Outcome[],
  scope: ReportScope,
): EncodedPart {
  assert(tasks.length === outcomes.length, 'A part has one outcome for each task.');
  const withSucceeded = scope === 'AllTasks';
  const succeededRows = new Rows();
  const failedRows = new Rows();
  let failed = 0;
  // Neighbours mostly end alike: the last tail saves making it again.
  let message: string | undefined;
  let successTail = '';
  for (let index = 0; index < outcomes.length; index++) {
    const outcome = outcomes[index];
    if (outcome?.ok === true && !withSucceeded) continue;
    const task = tasks.at(index);
    assert(outcome !== undefined && task !== undefined, 'A part has no holes.');
    if (!outcome.ok) {
      failed++;
      failedRows.add(task, failureTail(outcome));
    } else {
      if (outcome.message !== message) {
        message = outcome.message;
        successTail = `succeeded,200,,${csvField(oneLine(message))}\n`;
      }
      succeededRows.add(task, successTail);
    }
  }
  succeededRows.flush();
  failedRows.flush();
  const bytes = Buffer.allocUnsafeSlow(succeededRows.bytes + failedRows.bytes);
  succeededRows.moveTo(bytes, 0);
  failedRows.moveTo(bytes, succeededRows.bytes);
  return {
    bytes,
    succeeded: tasks.length - failed,
    failed,
    succeededBytes: succeededRows.bytes,
    failedBytes: failedRows.bytes,
  };
}

/** Rows become bytes a few at a time: the text of a whole chunk would outlive collections. */
class Rows {
  bytes = 0;
  #text = '';
  #buffer = Buffer.allocUnsafeSlow(0);

  /** `tail`: from the status to the end of the row. */
  add({ bucket, manifestKey, versionId }: Task, tail: string): void {
    const version = versionId ? csvField(versionId) : '';
    // A bucket's name has no character that CSV would quote (RowCheck sees to it).
    this.#text += `${bucket},${csvField(manifestKey)},${version},${tail}`;
    if (this.#text.length >= PIECE_CHARS) this.flush();
  }

  /** Afterwards there is nothing in here. */
  moveTo(target: Buffer, at: number): void {
    this.#buffer.copy(target, at, 0, this.bytes);
    giveBackWhole(this.#buffer);
  }

  /** Makes bytes of all that was added. */
  flush(): void {
    const enough = this.bytes + this.#text.length * UTF8_BYTES_MAX;
    if (enough > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(enough, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.bytes);
      giveBackWhole(this.#buffer);
      this.#buffer = larger;
    }
    this.bytes += this.#buffer.write(this.#text, this.bytes);
    this.#text = '';
  }
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
