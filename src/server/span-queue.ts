/**
 * Spans on their way to the collector, in batches. Bounded: while the collector is away the oldest are
 * dropped, and nobody waits.
 */
import { otlpTraces, type Span } from '../metrics/index.ts';
import type { OtlpSender } from './otlp-sender.ts';

/** As many as OpenTelemetry's own exporter keeps, and sends at once. */
const SPANS_MAX = 2048;
const BATCH_MAX = 512;

export class SpanQueue {
  readonly #sender: OtlpSender;
  readonly #resource: Readonly<Record<string, string>>;
  #spans: Span[] = [];

  constructor(sender: OtlpSender, resource: Readonly<Record<string, string>>) {
    this.#sender = sender;
    this.#resource = resource;
  }

  add(span: Span): void {
    if (this.#spans.length >= SPANS_MAX) this.#spans.shift();
    this.#spans.push(span);
  }

  async flush(): Promise<void> {
    const spans = this.#spans;
    this.#spans = [];
    for (let first = 0; first < spans.length; first += BATCH_MAX) {
      await this.#sender.send(otlpTraces(spans.slice(first, first + BATCH_MAX), this.#resource));
    }
  }
}
