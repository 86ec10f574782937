/** A job as it moves: a bar on a terminal, a JSON object per change elsewhere; and how it ended. */
import { systemClock } from '../src/base/clock.ts';
import { isTerminal } from '../src/lifecycle/index.ts';
import type { JobStatus } from '../src/model/vocabulary.ts';
import { EXIT } from './exit-codes.ts';
import type { Output } from './output.ts';
import { Progress } from './progress.ts';

/** One look at a job. */
export interface Look {
  readonly id: string;
  readonly status: JobStatus;
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly reasons: readonly string[];
}

/** Programs are told about numbers no more often than this; of a change of status always. */
const EVENT_MS = 1000;

export class JobDisplay {
  readonly #output: Output;
  readonly #bar: Progress;
  #last: Look | undefined;
  #first: { readonly done: number; readonly at: number } | undefined;
  #toldAt = 0;

  constructor(output: Output, label: string) {
    this.#output = output;
    this.#bar = new Progress(label);
  }

  show(look: Look): void {
    const now = systemClock.monotonic();
    const isNews = look.status !== this.#last?.status;
    const isMoved =
      look.succeeded + look.failed !== (this.#last?.succeeded ?? 0) + (this.#last?.failed ?? 0);
    this.#first ??= { done: look.succeeded + look.failed, at: now };
    if (!this.#output.isJson) {
      const note = `${look.failed.toLocaleString('en')} failed  ${look.status}`;
      this.#bar.show(look.succeeded + look.failed, look.total, note);
    } else if (isNews || (isMoved && now - this.#toldAt >= EVENT_MS)) {
      this.#toldAt = now;
      this.#output.tell(this.#event(look, now), '');
    } else return;
    this.#last = look;
  }

  /** Leaves the bar's line, so that words may follow. */
  leave(): void {
    if (!this.#output.isJson && this.#last !== undefined) this.#bar.end();
  }

  #event({ id, status, total, succeeded, failed }: Look, now: number): object {
    const { done, at } = this.#first ?? { done: 0, at: now };
    const seconds = (now - at) / 1000;
    const rate = seconds > 0 ? (succeeded + failed - done) / seconds : 0;
    const left = rate > 0 ? Math.ceil((total - succeeded - failed) / rate) : null;
    return {
      event: 'progress',
      id,
      status,
      total,
      succeeded,
      failed,
      tasksPerSecond: Math.round(rate),
      secondsLeft: left,
    };
  }
}

export function isEnded({ status }: Look): boolean {
  return isTerminal(status);
}

function exitCodeOf({ status, failed }: Look): number {
  if (status !== 'Complete') return EXIT.failed;
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}

/** The last line of a job; `more`: members beside it, for programs. */
export function tellEnd(output: Output, look: Look, more: object = {}): number {
  const { id, status, total, succeeded, failed, reasons } = look;
  const exitCode = exitCodeOf(look);
  const count = (n: number): string => n.toLocaleString('en');
  const lines = [
    ...reasons,
    `${status}: ${count(succeeded)} of ${count(total)} tasks succeeded, ${count(failed)} failed.`,
  ];
  const end = { event: 'ended', id, status, total, succeeded, failed, reasons, exitCode };
  output.tell({ ...end, ...more }, lines.join('\n'));
  return exitCode;
}
