/**
 * How far running jobs were, and when: what the chart of a job is drawn from. Looked at every
 * SAMPLE_MS, kept in memory by each process for itself: after a restart a chart begins anew.
 *
 * I1. A job has at most SAMPLES_MAX samples: when there are more, every other one goes, and from
 *     then on they are taken half as often.
 * I2. JOBS_MAX jobs are remembered, the least recently sampled ones are forgotten.
 */
import type { Clock } from '../../base/clock.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { JobCounts, Store } from '../../store/index.ts';

export interface Sample extends JobCounts {
  readonly at: number;
}

interface Track {
  samples: Sample[];
  everyMs: number;
}

const SAMPLE_MS = 2000;
const SAMPLES_MAX = 300;
const JOBS_MAX = 500;

export class ProgressLog {
  readonly #tracks = new Map<string, Track>();
  readonly #stop = new AbortController();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  samples(jobId: string): readonly Sample[] {
    return this.#tracks.get(jobId)?.samples ?? [];
  }

  add(jobId: string, sample: Sample): void {
    const track = this.#tracks.get(jobId) ?? { samples: [], everyMs: SAMPLE_MS };
    const last = track.samples.at(-1);
    if (last && sample.at - last.at < track.everyMs) return;
    track.samples.push(sample);
    if (track.samples.length > SAMPLES_MAX) {
      track.samples = track.samples.filter((_, i) => i % 2 === 0); // I1
      track.everyMs *= 2;
    }
    this.#tracks.delete(jobId);
    this.#tracks.set(jobId, track);
    const [oldest] = this.#tracks.keys();
    if (this.#tracks.size > JOBS_MAX && oldest !== undefined) this.#tracks.delete(oldest); // I2
  }

  /** Takes samples until `stop`. */
  async run(store: Store, log: Log = silentLog): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const at = this.#clock.now();
      try {
        for (const [jobId, counts] of await store.runningCounts(at)) {
          this.add(jobId, { at, ...counts });
        }
      } catch (error) {
        // A database that is away leaves a gap in a chart, and is told of by those who need it more.
        log.debug({ error }, 'The progress of jobs could not be read.');
      }
      await this.#clock.sleep(SAMPLE_MS, this.#stop.signal);
    }
  }

  stop(): void {
    this.#stop.abort();
  }
}
