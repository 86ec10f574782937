// Aim: the draft that a tab keeps is for whoever made it, at the address where it was made, and a
// browser that keeps nothing does no harm.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { emptyDraft } from '../../console/lib/draft.ts';
import { keep, keptDraft, letGo } from '../../console/lib/kept-draft.ts';

const draft = { ...emptyDraft('123456789012'), description: 'mine' };
const kept = { draft, step: 2, token: 'token', lost: ['Report.ExpectedBucketOwner'] };

/** What a browser has; `refuse`: as in one that keeps nothing. */
function storage(refuse = false): void {
  const items = new Map<string, string>();
  const guarded = <T>(act: () => T): T => {
    if (refuse) throw new DOMException('The operation is insecure.', 'SecurityError');
    return act();
  };
  const value = {
    getItem: (name: string) => guarded(() => items.get(name) ?? null),
    setItem: (name: string, text: string) => guarded(() => items.set(name, text)),
    removeItem: (name: string) => guarded(() => items.delete(name)),
  };
  Object.defineProperty(globalThis, 'sessionStorage', { value, configurable: true });
}
beforeEach(() => storage());

test('what was kept comes back for the same key at the same address', () => {
  keep(kept, 'AKID', 'clone=1');
  const found = keptDraft('AKID', 'clone=1');
  assert.deepEqual(
    [found?.draft, found?.step, found?.token, found?.lost],
    [draft, 2, 'token', kept.lost],
  );
  letGo();
  assert.equal(keptDraft('AKID', 'clone=1'), undefined);
});

test('another key, or another address, gets nothing and ends it', () => {
  for (const [who, where] of [
    ['OTHER', 'clone=1'],
    ['AKID', ''],
  ] as const) {
    keep(kept, 'AKID', 'clone=1');
    assert.equal(keptDraft(who, where), undefined);
    assert.equal(keptDraft('AKID', 'clone=1'), undefined);
  }
});

test('a browser that keeps nothing does no harm', () => {
  storage(true);
  keep(kept, 'AKID', '');
  assert.equal(keptDraft('AKID', ''), undefined);
  letGo();
});
