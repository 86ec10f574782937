/**
 * Versions of one key that are copied by one worker at the same time.
 *
 * A store stacks versions in the order in which they are written, and a list has the newest first.
 * Copied as they come, the oldest would end up as the destination's current version.
 *
 * I1. The current version waits until the older ones that are under way here have ended.
 * I2. Where an older one was copied and no current one waits, the last to end is told: it looks
 *     whether it covers the current version, which an earlier task may have copied.
 */
import type { FailedOutcome } from '../model/outcome.ts';

export type Uncover = () => Promise<FailedOutcome | undefined>;

interface Group {
  /** Older versions under way, and those nobody has looked at yet. */
  readonly under: Set<Promise<void>>;
  currents: number;
  /** By destination that an older version was written to: how to look whether it covers anything. */
  readonly covered: Map<string, Uncover>;
}

export class VersionOrder {
  readonly #groups = new Map<string, Group>();

  enter(key: string): VersionTurn {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { under: new Set(), currents: 0, covered: new Map() };
      this.#groups.set(key, group);
    }
    return new VersionTurn(group, () => {
      if (group.under.size === 0 && group.currents === 0) this.#groups.delete(key);
    });
  }
}

export class VersionTurn {
  readonly #group: Group;
  readonly #release: () => void;
  readonly #under: Promise<void>;
  #end: () => void = () => undefined;
  #isCurrent = false;

  constructor(group: Group, release: () => void) {
    this.#group = group;
    this.#release = release;
    this.#under = new Promise((resolve) => (this.#end = resolve));
    group.under.add(this.#under);
  }

  /** I1. Resolves when nothing older is under way. */
  async asCurrent(): Promise<void> {
    this.#isCurrent = true;
    this.#group.currents += 1;
    this.#leaveUnder();
    while (this.#group.under.size > 0) await Promise.all(this.#group.under);
  }

  /** An older version was written there. */
  covers(destination: string, uncover: Uncover): void {
    this.#group.covered.set(destination, uncover);
  }

  /** I2. At the end of an older version; the last failure. */
  async uncover(): Promise<FailedOutcome | undefined> {
    const { under, currents, covered } = this.#group;
    if (this.#isCurrent || currents > 0 || under.size > 1) return undefined;
    const all = [...covered.values()];
    covered.clear();
    let failure: FailedOutcome | undefined;
    for (const uncover of all) failure = (await uncover()) ?? failure;
    return failure;
  }

  leave(): void {
    if (this.#isCurrent) this.#group.currents -= 1;
    else this.#leaveUnder();
    this.#release();
  }

  #leaveUnder(): void {
    this.#group.under.delete(this.#under);
    this.#end();
  }
}
