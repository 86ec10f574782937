/**
 * The numbers of one process: one array, laid out once.
 *
 * I1. Recording is one or two additions to the array: labels are resolved when a handle is made, which
 *     is when a job, a client or a process is opened, never per task or request.
 * I2. The layout follows from the definitions and the configuration alone, so two processes of one
 *     service have the same, and an array says all about a process.
 * I3. An unknown value of a label is counted as `other` where the label has that, and is a bug
 *     elsewhere: nothing that a user sends makes a series.
 */
import { assert } from '../base/assert.ts';
import { OTHER } from './codes.ts';
import { METRICS, type ConfiguredLabel, type Definition, type MetricName } from './definitions.ts';
import type { NamesOf } from './definitions.ts';

/** Closed by the configuration of the installation. */
export type Configured = Readonly<Record<ConfiguredLabel, readonly string[]>>;

/** Where one metric lies in the array. */
export interface Place {
  readonly name: MetricName;
  readonly definition: Definition;
  readonly labels: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly first: number;
  /** Combinations of label values. */
  readonly series: number;
  /** Cells of one series: of a histogram its buckets, then the sum of what was observed. */
  readonly stride: number;
}

export type LabelValues = Readonly<Record<string, string>>;

/** One cell of the array. */
export class Cell {
  readonly #values: Float64Array;
  readonly #index: number;

  constructor(values: Float64Array, index: number) {
    this.#values = values;
    this.#index = index;
  }

  add(amount = 1): void {
    this.#values[this.#index] = (this.#values[this.#index] ?? 0) + amount;
  }

  /** NaN: not known, and not shown. */
  set(value: number): void {
    this.#values[this.#index] = value;
  }
}

/** The buckets of one series of a histogram. */
export class Buckets {
  readonly #values: Float64Array;
  readonly #first: number;
  readonly #bounds: readonly number[];

  constructor(values: Float64Array, first: number, bounds: readonly number[]) {
    this.#values = values;
    this.#first = first;
    this.#bounds = bounds;
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
    const at = this.#first + bucket;
    const sum = this.#first + bounds.length + 1;
    this.#values[at] = (this.#values[at] ?? 0) + 1;
    this.#values[sum] = (this.#values[sum] ?? 0) + value;
  }
}

export class Registry {
  readonly places: readonly Place[];
  readonly values: Float64Array;
  readonly #byName: ReadonlyMap<MetricName, Place>;
  readonly #watchers = new Set<() => void>();

  constructor(configured: Configured) {
    let size = 0;
    const places: Place[] = [];
    // The keys of METRICS are the names.
    for (const name of Object.keys(METRICS) as MetricName[]) {
      const definition: Definition = METRICS[name];
      const labels = Object.entries(definition.labels).map(([label, values]) => ({
        name: label,
        values: typeof values === 'string' ? configured[values] : values,
      }));
      const series = labels.reduce((product, { values }) => product * values.length, 1);
      const stride = definition.bounds ? definition.bounds.length + 2 : 1;
      places.push({ name, definition, labels, first: size, series, stride });
      size += series * stride;
    }
    this.places = places;
    this.#byName = new Map(places.map((place) => [place.name, place]));
    this.values = new Float64Array(size);
    for (const { definition, first, series } of places) {
      if (definition.mayBeAbsent) this.values.fill(NaN, first, first + series);
    }
  }

  cell(name: NamesOf<'counter' | 'gauge'>, labels: LabelValues = {}): Cell {
    return new Cell(this.values, this.#indexOf(name, labels));
  }

  buckets(name: NamesOf<'histogram'>, labels: LabelValues): Buckets {
    const { definition } = this.#place(name);
    return new Buckets(this.values, this.#indexOf(name, labels), definition.bounds ?? []);
  }

  /** `look` is called before the array is read: for what is a state of the moment. */
  watch(look: () => void): () => void {
    this.#watchers.add(look);
    return () => void this.#watchers.delete(look);
  }

  look(): void {
    for (const look of this.#watchers) look();
  }

  #place(name: MetricName): Place {
    const place = this.#byName.get(name);
    assert(place, 'A metric has no place in the registry.');
    return place;
  }

  #indexOf(name: MetricName, given: LabelValues): number {
    const { labels, first, stride } = this.#place(name);
    assert(
      Object.keys(given).length === labels.length,
      'A metric was opened with other labels than it has.',
    );
    let series = 0;
    for (const { name: label, values } of labels) {
      const value = given[label] ?? '';
      const known = values.indexOf(value);
      const index = known < 0 ? values.indexOf(OTHER) : known; // I3
      assert(index >= 0, 'A label was given a value that it does not have.');
      series = series * values.length + index;
    }
    return first + series * stride;
  }
}
