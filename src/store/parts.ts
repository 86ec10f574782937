/** The parts of one chunk as a short text: `fence:to:succeeded:failed:succeededBytes:failedBytes`, joined by `;`. */
import { assert } from '../base/assert.ts';
import type { Part, PartRecord } from './store.ts';

export function appendPart(text: string | null, fence: number, part: PartRecord): string {
  const { to, succeeded, failed, succeededBytes, failedBytes } = part;
  const one = [fence, to, succeeded, failed, succeededBytes, failedBytes].join(':');
  return text ? `${text};${one}` : one;
}

export function parseParts(seq: number, text: string | null): Part[] {
  let from = 0;
  return (text ? text.split(';') : []).map((one) => {
    const numbers = one.split(':').map(Number);
    assert(numbers.length === 6 && numbers.every(Number.isInteger), 'A part record is malformed.');
    const [fence = 0, to = 0, succeeded = 0, failed = 0, succeededBytes = 0, failedBytes = 0] =
      numbers;
    assert(succeeded + failed === to - from, 'A part counts other rows than it covers.');
    const part = { seq, fence, from, to, succeeded, failed, succeededBytes, failedBytes };
    from = to;
    return part;
  });
}
