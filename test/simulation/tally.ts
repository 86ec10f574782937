/** What many worlds lived through. */
import type { Story } from './world.ts';

/**
 * Seeds that once found something. What a seed means changes with every change of the worlds; these
 * are kept as fixed ones among the fresh.
 */
export const SEEDS_KEPT: readonly number[] = [753359289, 411657261, 10, 1068, 1346, 3153];

export class Tally {
  worlds = 0;
  readonly #sums = new Map<string, number>();
  readonly #ends = new Map<string, number>();

  add(story: Story): void {
    this.worlds += 1;
    for (const [name, value] of Object.entries(story)) {
      if (typeof value === 'number') this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
    }
    for (const end of story.ends) this.#ends.set(end, (this.#ends.get(end) ?? 0) + 1);
  }

  toString(): string {
    const sum = (name: keyof Story): number => this.#sums.get(name) ?? 0;
    const ends = [...this.#ends].sort().map(([end, count]) => `${count} ${end}`);
    return (
      `${this.worlds} worlds: ${sum('crashes')} crashes, ${sum('freezes')} freezes, ` +
      `${sum('jumps')} wrong clocks, ${sum('outages')} outages, ${sum('drained')} workers sent home, ` +
      `${sum('lost')} parts of lost leases refused, ${sum('repeated')} requests made more than once; ` +
      `jobs: ${ends.join(', ')}`
    );
  }
}
