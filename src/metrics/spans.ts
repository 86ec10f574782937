/**
 * Spans of a job: its units of work and the calls about it. Never one per object.
 *
 * I1. A job's trace follows from its id, and its root span from the trace: workers that never met, and a
 *     worker after a restart, add to the same trace, and nothing about it is stored.
 * I2. Off is the absence of a `Trace`: nothing is made that nobody takes.
 */

export interface Span {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly isServer?: true;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Why it failed; absent: it did not. */
  readonly failure?: string;
  /** The job that a call of another trace is about. */
  readonly link?: SpanContext;
}

export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
}

/** Takes a span that has ended; never throws, never waits. */
export type Trace = (span: Span) => void;

/** The root span of a job; its id is a UUID. */
export function spanOfJob(jobId: string): SpanContext {
  const traceId = jobId.replaceAll('-', '').toLowerCase();
  return { traceId, spanId: traceId.slice(16) };
}

/** The caller's span, from the W3C header `traceparent`; undefined: none, or none that is well formed. */
export function spanOfCaller(traceparent: string | undefined): SpanContext | undefined {
  const [, version, traceId, spanId] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/.exec(traceparent ?? '') ?? [];
  if (version === 'ff' || traceId === undefined || spanId === undefined) return undefined;
  return /^0+$/.test(traceId) || /^0+$/.test(spanId) ? undefined : { traceId, spanId };
}
