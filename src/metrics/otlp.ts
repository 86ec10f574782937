/**
 * OTLP 1.x in its JSON encoding: the bodies of POST /v1/metrics and /v1/traces. 64-bit numbers are
 * text and ids are hex digits there. Sums and histograms are cumulative since `startedAt`.
 */
import type { Reading, Series } from './family.ts';
import type { Span } from './spans.ts';

/** Who speaks: `service.name` and the like. */
export type Resource = Readonly<Record<string, string>>;

export interface Times {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly now: number;
}

const CUMULATIVE = 2;
const KIND_INTERNAL = 1;
const KIND_SERVER = 2;
const STATUS_ERROR = 2;
const SCOPE = { name: 'bucket-brigade' };

export function otlpMetrics(
  readings: readonly Reading[],
  resource: Resource,
  times: Times,
): object {
  const metrics = readings
    .filter(({ series }) => series.length > 0)
    .map((reading) => metricOf(reading, times));
  const scopeMetrics = [{ scope: SCOPE, metrics }];
  return { resourceMetrics: [{ resource: { attributes: attributesOf(resource) }, scopeMetrics }] };
}

export function otlpTraces(spans: readonly Span[], resource: Resource): object {
  const scopeSpans = [{ scope: SCOPE, spans: spans.map(spanOf) }];
  return { resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans }] };
}

function metricOf({ name, definition, series }: Reading, times: Times): object {
  const { kind, unit, help, bounds } = definition;
  const about = { name, description: help, unit };
  const aggregationTemporality = CUMULATIVE;
  const time = { timeUnixNano: nanos(times.now) };
  const since = { startTimeUnixNano: nanos(times.startedAt), ...time };
  const numbers = (when: object): object[] =>
    series.map((one) => ({ ...when, attributes: labelsOf(one), asDouble: one.value }));
  if (kind === 'gauge') return { ...about, gauge: { dataPoints: numbers(time) } };
  if (bounds === undefined) {
    const dataPoints = numbers(since);
    return { ...about, sum: { aggregationTemporality, isMonotonic: true, dataPoints } };
  }
  const dataPoints = series.map((one) => histogramPoint(one, bounds, since));
  return { ...about, histogram: { aggregationTemporality, dataPoints } };
}

function histogramPoint(one: Series, bounds: readonly number[], since: object): object {
  const { buckets = [], value } = one;
  const count = buckets.reduce((sum, inBucket) => sum + inBucket, 0);
  return {
    ...since,
    attributes: labelsOf(one),
    count: String(count),
    sum: value,
    bucketCounts: buckets.map(String),
    explicitBounds: bounds,
  };
}

function spanOf(span: Span): object {
  const { traceId, spanId, parentSpanId, name, isServer, attributes, failure, link } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind: isServer ? KIND_SERVER : KIND_INTERNAL,
    startTimeUnixNano: nanos(span.start),
    endTimeUnixNano: nanos(span.end),
    attributes: attributesOf(attributes),
    ...(link === undefined ? {} : { links: [link] }),
    ...(failure === undefined ? {} : { status: { code: STATUS_ERROR, message: failure } }),
  };
}

function labelsOf({ labels }: Series): object[] {
  return attributesOf(Object.fromEntries(labels));
}

function attributesOf(values: Readonly<Record<string, string | number | boolean>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** A double does not hold the nanoseconds of today; the last six digits are zeros anyway. */
function nanos(ms: number): string {
  return `${Math.round(ms)}000000`;
}
