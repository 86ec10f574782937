/**
 * Functions that tasks are handed to, whatever runs them: an Invoke API, a URL, a module of ours.
 *
 * I1. `invoke` makes one attempt and never throws for what a function does or says.
 * I2. What a function answers is not looked at here: the operation knows its contract.
 */
import type { FailedOutcome } from '../model/outcome.ts';

export type Invoked =
  /** The function answered; its bytes, bounded, whatever they are. */
  | { readonly kind: 'answered'; readonly payload: Uint8Array }
  /** The function ran and failed: an exception, its timeout, its death. Text for the report. */
  | { readonly kind: 'function-error'; readonly error: string }
  /** It was not reached, or nobody knows. */
  | { readonly kind: 'failed'; readonly outcome: FailedOutcome };

export interface Invoker {
  /** One attempt with a JSON document. Rejects only when `signal` aborts. */
  invoke(payload: string, signal: AbortSignal): Promise<Invoked>;
}

/** `reason`: a sentence for the job's FailureReason. */
export type FoundFunction =
  | { readonly ok: true; readonly invoker: Invoker }
  | { readonly ok: false; readonly reason: string };

export interface Functions {
  /** What a FunctionArn reaches: a full or partial ARN or a name, with a version or an alias. */
  find(functionArn: string): FoundFunction;
  /** Lets go of connections and threads; what runs ends as failed. */
  close(): Promise<void>;
}
