/**
 * POST of OTLP to a collector. What cannot be delivered is lost: metrics are cumulative, so the next one
 * says it all; spans are dropped rather than kept in a memory that grows.
 */
import { gzipSync } from 'node:zlib';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { OtlpTarget } from './telemetry-config.ts';

export class OtlpSender {
  readonly #target: OtlpTarget;
  readonly #clock: Clock;
  readonly #log: Log;
  /** One line when it begins to fail, one when it is over. */
  #failures = 0;

  constructor(target: OtlpTarget, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#target = target;
    this.#clock = clock;
    this.#log = log;
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Never rejects. */
  async send(message: object): Promise<void> {
    const { url, headers, isCompressed, timeoutMs } = this.#target;
    const text = JSON.stringify(message);
    const late = new AbortController();
    const sent = new AbortController();
    // The sleep ends with the answer.
    void this.#clock.sleep(timeoutMs, sent.signal).then(() => late.abort());
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
        },
        body: isCompressed ? new Uint8Array(gzipSync(text)) : text,
        redirect: 'error',
        signal: late.signal,
      });
      await answer.body?.cancel();
      if (!answer.ok) return this.#failed(`it answered ${answer.status}`);
      if (this.#failures > 0) {
        this.#log.warn({ failures: this.#failures }, 'The collector of telemetry takes it again.');
      }
      this.#failures = 0;
    } catch (error) {
      this.#failed(late.signal.aborted ? `it did not answer in ${timeoutMs} ms` : whyOf(error));
    } finally {
      sent.abort();
    }
  }

  /** The place without what may be a secret in it. */
  #failed(why: string): void {
    const { host, pathname } = new URL(this.#target.url);
    if (this.#failures++ > 0) return;
    this.#log.warn({ collector: host + pathname, why }, 'Telemetry could not be delivered.');
  }
}

function whyOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? cause.message : String(error);
}
