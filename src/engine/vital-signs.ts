/**
 * What the engine tells of itself: gauges when they are read, outages while they last, and of each unit
 * its time and its span. Nothing here is about one task.
 */
import { type Meters, spanOfJob, type Trace, type UnitEnd } from '../metrics/index.ts';
import type { LeasedUnit } from '../store/index.ts';
import type { EngineContext } from './context.ts';
import type { HeldLease, HeldLeases } from './held-lease.ts';
import type { Roster } from './roster.ts';

/** Shorter than this, nothing but failures is an accident of timing. */
const OUTAGE_MS_MIN = 1000;

export class VitalSigns {
  readonly #context: EngineContext;
  readonly #meters: Meters;
  readonly #trace: Trace | undefined;
  readonly #unwatch: () => void;
  #lookedAt: number;

  constructor(context: EngineContext, leases: HeldLeases, roster: Roster, trace?: Trace) {
    this.#context = context;
    this.#meters = context.meters;
    this.#trace = trace;
    this.#lookedAt = context.clock.monotonic();
    this.#unwatch = this.#meters.registry.watch(() => this.#observe(leases, roster));
  }

  /** After the last unit: nothing is in flight any more, and nobody is asked again. */
  stop(): void {
    this.#unwatch();
    const { inFlight, inFlightMax, inFlightShare, perSecondMax, leasesHeld } = this.#meters;
    for (const cell of [inFlight, inFlightMax, inFlightShare]) cell.set(0);
    for (const cell of Object.values(leasesHeld)) cell.set(0);
    perSecondMax.set(NaN);
  }

  /** To be called several times a second. Without work nobody asks, and nobody suffers an outage. */
  beat(hasWork: boolean): void {
    const { clock, gate } = this.#context;
    const now = clock.monotonic();
    const passedMs = now - this.#lookedAt;
    this.#lookedAt = now;
    if (hasWork && gate.silentMs(now) > OUTAGE_MS_MIN) {
      this.#meters.outageSeconds.add(passedMs / 1000);
    }
  }

  /** `startedAt`: wall and monotonic milliseconds. `failure`: what it ended with, if anything. */
  unitEnded(
    unit: LeasedUnit,
    held: HeldLease,
    ran: { readonly startedAt: number; readonly ms: number; readonly end: UnitEnd },
    failure?: string,
  ): void {
    const { kind, seq, jobId, fence } = unit.lease;
    const { startedAt, ms, end } = ran;
    this.#meters.unitEnded(kind, end, ms / 1000);
    if (!this.#trace) return;
    const { traceId, spanId: parentSpanId } = spanOfJob(jobId);
    const { succeeded, failed } = held.progress;
    const isChunk = kind === 'chunk';
    const { operation } = unit.job;
    const about = { 'brigade.job.id': jobId, 'brigade.operation': operation };
    this.#trace({
      traceId,
      spanId: this.#context.random.hex(8),
      parentSpanId,
      name: kind,
      start: startedAt,
      end: startedAt + ms,
      attributes: {
        ...about,
        'brigade.unit.seq': seq,
        'brigade.unit.fence': fence,
        'brigade.unit.end': end,
        'brigade.worker': unit.lease.worker,
        ...(isChunk ? { 'brigade.rows': succeeded + failed, 'brigade.rows.failed': failed } : {}),
      },
      ...(failure === undefined ? {} : { failure }),
    });
    // Whoever finishes a job tells of the whole of it.
    if (kind !== 'finish' || end !== 'done') return;
    const { id, createdAt, tasksSucceeded, tasksFailed } = unit.job;
    const rows = {
      'brigade.rows': tasksSucceeded + tasksFailed,
      'brigade.rows.failed': tasksFailed,
    };
    this.#trace({
      ...spanOfJob(id),
      name: 'job',
      start: createdAt,
      end: startedAt + ms,
      attributes: { ...about, ...rows },
    });
  }

  #observe(leases: HeldLeases, roster: Roster): void {
    const { gate } = this.#context;
    const { inFlight, inFlightMax, inFlightShare, perSecondMax, leasesHeld } = this.#meters;
    inFlight.set(gate.inFlight);
    inFlightMax.set(gate.limit);
    inFlightShare.set(roster.limit);
    perSecondMax.set(gate.perSecond ?? NaN);
    const held = { prepare: 0, chunk: 0, report: 0, finish: 0 };
    for (const { lease } of leases.held) held[lease.kind] += 1;
    for (const [kind, cell] of Object.entries(leasesHeld))
      cell.set(held[kind as keyof typeof held]); // Made of the same kinds.
  }
}
