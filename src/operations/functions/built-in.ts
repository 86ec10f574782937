/**
 * A function of our own: what AWS's menu of operations lacks, reachable from any AWS client.
 *
 * I1. `check` is pure; it is asked only about arguments that `takes` names.
 * I2. `open` and its RunTask keep the promises of an operation (operation.ts).
 * I3. When in doubt an object is left as it is, and the outcome says so.
 */
import type { Opened, Place } from '../operation.ts';

/** UserArguments. */
export type Arguments = ReadonlyMap<string, string>;

export interface ArgumentProblem {
  readonly argument: string;
  readonly message: string;
}

export interface BuiltIn {
  /** `brigade-delete` */
  readonly name: string;
  readonly takes: readonly string[];
  check(args: Arguments): readonly ArgumentProblem[];
  open(args: Arguments, place: Place, signal: AbortSignal): Promise<Opened>;
}

/** An argument that is either `true` or left out. */
export function checkFlag(args: Arguments, argument: string): ArgumentProblem[] {
  const value = args.get(argument);
  return value === undefined || value === 'true'
    ? []
    : [{ argument, message: 'must be true, or be left out' }];
}
