/**
 * The parts of one chunk as a short text: `fence:to:succeeded:failed:succeededBytes:failedBytes`, and
 * `:hole,hole` where rows were left out, joined by `;`.
 */
import { assert } from '../base/assert.ts';
import type { Part, PartRecord } from './store.ts';

export function appendPart(text: string | null, fence: number, part: PartRecord): string {
  const { to, succeeded, failed, succeededBytes, failedBytes } = part;
  const numbers = [fence, to, succeeded, failed, succeededBytes, failedBytes].join(':');
  const one = part.holes?.length ? `${numbers}:${part.holes.join(',')}` : numbers;
  return text ? `${text};${one}` : one;
}

export function parseParts(seq: number, text: string | null): Part[] {
  let from = 0;
  let left = 0;
  return (text ? text.split(';') : []).map((one) => {
    const fields = one.split(':');
    const numbers = fields.slice(0, 6).map(Number);
    const holes = fields[6]?.split(',').map(Number) ?? [];
    const isWhole = numbers.length === 6 && fields.length <= 7;
    assert(
      isWhole && [...numbers, ...holes].every(Number.isInteger),
      'A part record is malformed.',
    );
    const [fence = 0, to = 0, succeeded = 0, failed = 0, succeededBytes = 0, failedBytes = 0] =
      numbers;
    const rows = to - from + left - holes.length;
    assert(succeeded + failed === rows, 'A part counts other rows than it covers.');
    const counts = { to, succeeded, failed, succeededBytes, failedBytes };
    const part = { seq, fence, from, ...counts, ...(holes.length > 0 ? { holes } : {}) };
    from = to;
    left = holes.length;
    return part;
  });
}

/** Rows below the mark that the last part left out. */
export function holesOf(text: string | null): readonly number[] {
  return parseParts(0, text).at(-1)?.holes ?? [];
}
