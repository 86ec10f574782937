/**
 * The processes of one service as one: what a scrape, an export or a log line is made of.
 *
 * I1. Counters never go down when a child is started again: what the dead one had counted, as far as
 *     it was heard of, is kept.
 * I2. A metric of each process has a label `process`: `main`, or the number of the child.
 * I3. Series that were never touched are left out where a metric has many, and of histograms; what is not
 *     known now (NaN) is left out as well, and nothing else is.
 */
import type { Definition } from './definitions.ts';
import type { Place, Registry } from './registry.ts';

/** One series as it stands. */
export interface Series {
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** Of a counter or gauge. */
  readonly value: number;
  /** Of a histogram: how many fell into each bucket, the one without bound last; and their sum. */
  readonly buckets?: readonly number[];
}

export interface Reading {
  readonly name: string;
  readonly definition: Definition;
  readonly series: readonly Series[];
}

/** As many zeros are worth their lines: a rate is then right from the first event on. */
const SHOWN_UNTOUCHED_MAX = 32;

export class Family {
  readonly #own: Registry;
  readonly #children = new Map<string, Float64Array>();
  /** Counted by those that are gone. */
  readonly #gone: Float64Array;

  constructor(own: Registry) {
    this.#own = own;
    this.#gone = new Float64Array(own.values.length);
  }

  /** What the child of this name has counted since it was started. Another layout is not ours. */
  heard(child: string, values: Float64Array): void {
    if (values.length === this.#own.values.length) this.#children.set(child, values);
  }

  /** The child has ended; one of the same name may follow. */
  buried(child: string): void {
    const last = this.#children.get(child);
    if (!last) return;
    this.#children.delete(child);
    for (const { definition, first, series, stride } of this.#own.places) {
      if (definition.kind === 'gauge' || definition.over === 'each') continue;
      for (let at = first; at < first + series * stride; at++) {
        this.#gone[at] = (this.#gone[at] ?? 0) + (last[at] ?? 0); // I1
      }
    }
  }

  read(): readonly Reading[] {
    this.#own.look();
    return this.#own.places.map((place) => {
      const { name, definition } = place;
      const series = definition.over === 'each' ? this.#ofEach(place) : this.#ofAll(place);
      return { name, definition, series };
    });
  }

  #ofEach(place: Place): Series[] {
    const members: [string, Float64Array][] = [['main', this.#own.values], ...this.#children];
    return members.flatMap(([process, values]) =>
      seriesOf(place, (at) => values[at] ?? 0).map((one) => ({
        ...one,
        labels: [...one.labels, ['process', process] as const], // I2
      })),
    );
  }

  #ofAll(place: Place): Series[] {
    const members = [this.#own.values, ...this.#children.values()];
    const { kind, over } = place.definition;
    if (kind !== 'gauge') members.push(this.#gone);
    const join = over === 'max' ? Math.max : (a: number, b: number): number => a + b;
    return seriesOf(place, (at) => {
      let joined = NaN;
      for (const values of members) {
        const value = values[at] ?? 0;
        if (!Number.isNaN(value)) joined = Number.isNaN(joined) ? value : join(joined, value);
      }
      return joined;
    });
  }
}

function seriesOf(place: Place, valueAt: (index: number) => number): Series[] {
  const { definition, first, series, stride } = place;
  const isTerse = series > SHOWN_UNTOUCHED_MAX;
  const found: Series[] = [];
  for (let index = 0; index < series; index++) {
    const at = first + index * stride;
    const labels = labelsOf(place, index);
    if (definition.bounds === undefined) {
      const value = valueAt(at);
      const isShown = !Number.isNaN(value) && !(isTerse && value === 0); // I3
      if (isShown) found.push({ labels, value });
      continue;
    }
    const buckets = Array.from({ length: stride - 1 }, (_, bucket) => valueAt(at + bucket));
    if (buckets.every((count) => count === 0)) continue; // I3
    found.push({ labels, value: valueAt(at + stride - 1), buckets });
  }
  return found;
}

function labelsOf({ labels }: Place, index: number): [string, string][] {
  const pairs: [string, string][] = [];
  let rest = index;
  for (const { name, values } of labels.toReversed()) {
    pairs.unshift([name, values[rest % values.length] ?? '']);
    rest = Math.floor(rest / values.length);
  }
  return pairs;
}
