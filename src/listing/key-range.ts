/** The stretches of a bucket that are still to be listed, and how they are written down. */

/** JSON: keys (after, end] below a prefix. Short names: a checkpoint holds dozens of them. */
export interface SavedRange {
  /** Prefix. */
  readonly p: string;
  /** Behind this key; empty: from the beginning. */
  readonly a: string;
  /** Behind this version of it; absent: behind all of them. */
  readonly v?: string;
  /** To this key, inclusive; absent: to the end of the prefix. */
  readonly e?: string;
}

export class KeyRange {
  readonly prefix: string;
  /** What has been handed on; moves only together with it. */
  after: string;
  afterVersion: string | undefined;
  /** Inclusive. Moves to the left when the rest is given away. */
  end: string | undefined;
  /** What has been read; not handed on yet perhaps. It is divided behind this only. */
  readTo: string;
  /** A lane is at it. */
  isTaken = false;
  /** First and last key of the page in hand; undefined before the first page. */
  page: { readonly first: string; readonly last: string } | undefined;
  /** The page in hand is the last one. */
  isEnding = false;
  /** Nowhere to divide it, as far as the page in hand tells. */
  isWhole = false;
  /** What was given away of it last was empty, or as good as: its keys lie elsewhere. */
  isSkewed = false;
  /** It may well be empty. */
  isDoubtful = false;
  /** The one it was given away from. */
  readonly origin: KeyRange | undefined;

  constructor(saved: SavedRange, origin?: KeyRange) {
    this.prefix = saved.p;
    this.after = saved.a;
    this.readTo = saved.a;
    this.afterVersion = saved.v;
    this.end = saved.e;
    this.origin = origin;
  }

  saved(): SavedRange {
    return {
      p: this.prefix,
      a: this.after,
      ...(this.afterVersion === undefined ? {} : { v: this.afterVersion }),
      ...(this.end === undefined ? {} : { e: this.end }),
    };
  }
}
