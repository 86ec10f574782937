/**
 * CloudWatch's embedded metric format: JSON lines from which CloudWatch Logs makes metrics, without an
 * agent of ours and without credentials.
 *
 * I1. CloudWatch adds values up per period, so counters are what came since the line before; a metric
 *     that did not move has no line, which is what CloudWatch charges for.
 * I2. A histogram is two metrics, `_count` and `_sum`: the format has no buckets.
 * I3. One line for each set of labels; the labels are its dimensions.
 */
import type { Reading, Series } from './family.ts';

export interface EmfOptions {
  readonly namespace: string;
  /** On every line, as fields that are no dimensions: who speaks. */
  readonly about: Readonly<Record<string, string>>;
}

type EmfUnit = 'Seconds' | 'Bytes' | 'Count' | 'None';

interface Line {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly metrics: { readonly Name: string; readonly Unit: EmfUnit }[];
  readonly values: Record<string, number>;
}

export class EmfWriter {
  readonly #options: EmfOptions;
  #before = new Map<string, number>();

  constructor(options: EmfOptions) {
    this.#options = options;
  }

  /** `now`: milliseconds since the epoch. Each line without its line feed. */
  lines(readings: readonly Reading[], now: number): string[] {
    const lines = new Map<string, Line>();
    const seen = new Map<string, number>();
    for (const { name, definition, series } of readings) {
      const unit = UNITS[definition.unit] ?? (definition.kind === 'gauge' ? 'None' : 'Count');
      for (const one of series) {
        const line = lineFor(lines, one);
        const put = (suffix: string, value: number, of: EmfUnit): void => {
          line.metrics.push({ Name: name + suffix, Unit: of });
          line.values[name + suffix] = value;
        };
        if (definition.kind === 'gauge') {
          put('', one.value, unit);
          continue;
        }
        const key = `${name} ${JSON.stringify(one.labels)}`;
        const { buckets } = one;
        const count = buckets?.reduce((sum, inBucket) => sum + inBucket, 0) ?? one.value;
        const came = this.#since(key, count, seen);
        const sum = this.#since(`${key} sum`, one.value, seen);
        if (came === 0) continue; // I1
        if (buckets === undefined) {
          put('', came, unit);
          continue;
        }
        put('_count', came, 'Count'); // I2
        put('_sum', sum, unit);
      }
    }
    this.#before = seen;
    return [...lines.values()]
      .filter(({ metrics }) => metrics.length > 0)
      .map((line) => this.#text(line, now));
  }

  /** A process that was started again begins at nothing: all it has counted is new. */
  #since(key: string, value: number, seen: Map<string, number>): number {
    const before = this.#before.get(key) ?? 0;
    seen.set(key, value);
    return value < before ? value : value - before;
  }

  #text({ dimensions, metrics, values }: Line, now: number): string {
    const { namespace, about } = this.#options;
    const CloudWatchMetrics = [
      { Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics: metrics },
    ];
    return JSON.stringify({
      ...about,
      ...dimensions,
      ...values,
      _aws: { Timestamp: now, CloudWatchMetrics },
    });
  }
}

const UNITS: Readonly<Record<string, EmfUnit | undefined>> = { s: 'Seconds', By: 'Bytes' };

function lineFor(lines: Map<string, Line>, { labels }: Series): Line {
  const key = JSON.stringify(labels);
  const known = lines.get(key);
  if (known) return known;
  const line: Line = { dimensions: Object.fromEntries(labels), metrics: [], values: {} };
  lines.set(key, line);
  return line;
}
