/**
 * The draft of the wizard, kept in this tab while it is open there, so that a session that ends, or
 * a page that is loaded anew, costs nobody what they typed.
 *
 * I1. It is for whoever made it: another access key does not see it.
 * I2. Leaving the wizard, signing out and closing the tab let go of it.
 * I3. No secret is in it: a draft has no field for one, and who signed in is its key id.
 */
import type { Draft } from './draft.ts';

export interface Kept {
  readonly draft: Draft;
  readonly step: number;
  /** ClientRequestToken: what was sent before the session ended makes no second job. */
  readonly token: string;
  /** Parameters of the job that it came from which the wizard cannot carry over. */
  readonly lost: readonly string[];
}

/** Its file's name holds a hash of the console: what another version kept may have another shape. */
const VERSION = import.meta.url;

interface Stored extends Kept {
  readonly version: string;
  readonly accessKeyId: string;
  readonly search: string;
}

const NAME = 'brigade-draft';

/** `search`: the query of the wizard's address, which says what it began from. */
export function keep(kept: Kept, accessKeyId: string, search: string): void {
  const stored: Stored = { ...kept, version: VERSION, accessKeyId, search };
  try {
    sessionStorage.setItem(NAME, JSON.stringify(stored));
  } catch {
    // A browser that keeps nothing, or is full: the wizard works as it did without this.
  }
}

export function keptDraft(accessKeyId: string, search: string): Kept | undefined {
  const stored = read();
  if (stored === undefined) return undefined;
  const isOurs = stored.version === VERSION && stored.accessKeyId === accessKeyId;
  if (isOurs && stored.search === search) return stored;
  letGo(); // I1
  return undefined;
}

export function letGo(): void {
  try {
    sessionStorage.removeItem(NAME);
  } catch {
    // Then nothing is kept either.
  }
}

function read(): Stored | undefined {
  try {
    // Only `keep` writes it, and tells its version.
    const value = JSON.parse(sessionStorage.getItem(NAME) ?? 'null') as Stored | null;
    return value ?? undefined;
  } catch {
    return undefined;
  }
}
