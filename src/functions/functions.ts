/**
 * Functions that tasks are handed to, whatever runs them: an Invoke API, a URL, a module of ours.
 *
 * I1. `invoke` makes one attempt and never throws for what a function does or says.
 * I2. What a function answers is not looked at here: the operation knows its contract.
 */
import type { FailedOutcome } from '../model/outcome.ts';

export type Invoked =
  /** The function answered; its bytes, bounded, whatever they are. */
  | { readonly kind: 'answered'; readonly payload: Buffer }
  /** The function ran and failed: an exception, its timeout, its death. Lambda's JSON about it. */
  | { readonly kind: 'function-error'; readonly error: string }
  /** It was not reached, or nobody knows. */
  | { readonly kind: 'failed'; readonly outcome: FailedOutcome };

export interface Invoker {
  /** One attempt with a JSON document. It is not cut off: what it did belongs in the report. */
  invoke(payload: string): Promise<Invoked>;
}

/** `reason`: a sentence for the job's FailureReason. */
export type FoundFunction =
  | { readonly ok: true; readonly invoker: Invoker }
  | { readonly ok: false; readonly reason: string };

export interface Functions {
  /** What a FunctionArn reaches: a full or partial ARN or a name, with a version or an alias. */
  find(functionArn: string): Promise<FoundFunction>;
  /** Lets go of connections and threads; what runs ends as failed. */
  close(): Promise<void>;
}

/** How a function of ours is reached. Times in milliseconds, already checked. */
export type Registration =
  | {
      readonly kind: 'module';
      /** Absolute. */
      readonly path: string;
      readonly timeoutMs: number;
      /** Of V8's heap, for each thread. */
      readonly memoryMb: number;
      readonly threads: number;
    }
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly timeoutMs: number;
      /** Lowercase names, for whatever the URL asks of its callers. */
      readonly headers: Readonly<Record<string, string>>;
    };

/** An answer for one task; Lambda itself allows 6 MB, of which a report row shows 10,000 characters. */
export const ANSWER_BYTES_MAX = 1024 * 1024;
