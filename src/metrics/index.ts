export { API_ACTIONS, type DatabaseCall, type SinkKind, type UnitEnd } from './codes.ts';
export { EmfWriter, type EmfOptions } from './emf.ts';
export { Family, type Reading, type Series } from './family.ts';
export { Meters, RequestMeter, TaskMeter } from './meters.ts';
export { otlpMetrics, otlpTraces, type Resource, type Times } from './otlp.ts';
export { metricsPage, type Page } from './prometheus.ts';
export type { Cell, Configured } from './registry.ts';
export { spanOfCaller, spanOfJob, type Span, type SpanContext, type Trace } from './spans.ts';
