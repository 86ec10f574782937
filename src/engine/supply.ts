/**
 * How many chunks to hold: as few as keep this worker busy. What it holds more is what others cannot
 * have: eight hosts that take three chunks each leave four of them idle on a job of twelve. It is also
 * what runs again when it dies, and what keeps a job of higher priority waiting.
 *
 * I1. There are always tasks left to start until more can be there: for all requests that may be in
 *     flight, and for what the rate of late gets done in AHEAD_MS.
 */

/** Two ticks and a slow database. */
const AHEAD_MS = 600;
/** The rate is taken over stretches of so much: a fast worker's first chunk takes no longer. */
const SAMPLE_MS = 50;

export class Supply {
  #seen = { tasksEnded: 0, at: -Infinity };
  #perMs = 0;

  /** `tasksEnded`: so far; `at`: monotonic milliseconds. */
  note(tasksEnded: number, at: number): void {
    const passedMs = at - this.#seen.at;
    if (passedMs < SAMPLE_MS) return;
    this.#perMs = (tasksEnded - this.#seen.tasksEnded) / passedMs;
    this.#seen = { tasksEnded, at };
  }

  /** Chunks to lease when `rowsLeft` rows of those that are held have not ended. */
  wanted(rowsLeft: number, requestsMax: number, chunkRows: number): number {
    const ahead = requestsMax + this.#perMs * AHEAD_MS; // I1
    return rowsLeft > ahead ? 0 : Math.max(1, Math.ceil((ahead - rowsLeft) / chunkRows));
  }
}
