/**
 * A broken assertion is a bug, never a condition of the outside world. The message is a unique
 * sentence so that a log line finds its source.
 */
class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message);
}

/** Closes a `switch` on a union: a new member does not compile until it is answered. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`A value outside its union arrived: ${JSON.stringify(value)}.`);
}
