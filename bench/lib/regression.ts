/** Whether a tree became slower than another, told from turns of both. Pure. */
import { median } from './figures.ts';

/** Figures of one turn of one tree: more is better. */
export type Sample = Readonly<Record<string, number>>;

export interface Judgement {
  readonly figure: string;
  readonly before: number;
  readonly after: number;
  /** After to before. */
  readonly ratio: number;
  /** By how much the turns of one tree differ among themselves, of their median; the larger of both. */
  readonly noise: number;
  readonly isLoss: boolean;
}

/** Half of the spread of the middle of the turns: one turn that somebody else disturbed says nothing. */
function noiseOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 4);
  const middle = sorted.slice(cut, sorted.length - cut);
  return ((middle.at(-1) ?? NaN) - (middle[0] ?? NaN)) / 2 / median(values);
}

/** A loss is more than `lossMax` and more than noise; a figure that only one tree has is none. */
export function judge(
  before: readonly Sample[],
  after: readonly Sample[],
  lossMax: number,
): Judgement[] {
  const figures = Object.keys(after[0] ?? {}).filter((name) => name in (before[0] ?? {}));
  return figures.map((figure) => {
    const of = (samples: readonly Sample[]): number[] =>
      samples.map((sample) => sample[figure] ?? NaN);
    const [old, now] = [median(of(before)), median(of(after))];
    const noise = Math.max(noiseOf(of(before)), noiseOf(of(after)));
    const ratio = now / old;
    // Not `ratio < ...`: what is no number is a loss.
    return {
      ...{ figure, before: old, after: now, ratio, noise },
      isLoss: !(ratio >= 1 - Math.max(lossMax, noise)),
    };
  });
}
