/**
 * How much is let in at once, and how often. Every refusal is SlowDown, which clients know how to take.
 *
 * I1. Whoever has signed is counted by their access key, and only then: nobody uses up another's
 *     requests by naming their key.
 * I2. Whoever is refused is counted by address, and an address that was refused too often is refused
 *     before anything of its next request is read. Who has signed costs their address nothing.
 * I3. What is remembered is bounded, whoever comes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { TokenBuckets } from '../base/token-buckets.ts';
import { ApiError } from '../model/api-error.ts';

export interface DoorLimits {
  readonly requestsInFlightMax: number;
  /** Requests a second of one access key. */
  readonly requestsPerKey: number;
  /** Refused requests a second of one address. */
  readonly refusalsPerAddress: number;
}

/** A client that begins with a few dozen calls at once is no flood. */
const BURST_SECONDS = 2;
/** Somebody who has a wrong key in ten terminals still reads what is wrong. */
const REFUSALS_BURST_SECONDS = 5;
const KEYS_MAX = 10_000;
/** AWS's clients send a dozen; a hundred is somebody's proxy. */
const HEADERS_MAX = 100;

export class Door {
  readonly #limits: DoorLimits;
  readonly #ofKeys: TokenBuckets;
  readonly #ofAddresses: TokenBuckets;
  readonly #known = new WeakSet<IncomingMessage>();
  #inFlight = 0;

  constructor(clock: Clock, limits: DoorLimits) {
    const { requestsPerKey, refusalsPerAddress } = limits;
    this.#limits = limits;
    this.#ofKeys = new TokenBuckets(clock, {
      perSecond: requestsPerKey,
      burst: requestsPerKey * BURST_SECONDS,
      keysMax: KEYS_MAX,
    });
    this.#ofAddresses = new TokenBuckets(clock, {
      perSecond: refusalsPerAddress,
      burst: refusalsPerAddress * REFUSALS_BURST_SECONDS,
      keysMax: KEYS_MAX,
    });
  }

  /** The head of a request has come. Throws SlowDown, or what is wrong with it. */
  enter(request: IncomingMessage, response: ServerResponse, address: string): void {
    this.#inFlight += 1;
    const of = addressKey(address);
    response.once('close', () => {
      this.#inFlight -= 1;
      if (response.statusCode >= 400 && !this.#known.has(request)) this.#ofAddresses.take(of);
    });
    if (this.#inFlight > this.#limits.requestsInFlightMax || !this.#ofAddresses.has(of)) {
      throw slowDown();
    }
    if (request.rawHeaders.length > 2 * HEADERS_MAX) {
      throw new ApiError('BadRequestException', `A request has at most ${HEADERS_MAX} headers.`);
    }
  }

  /** Its signature, or its session, is good. Throws SlowDown. */
  known(request: IncomingMessage, accessKeyId: string): void {
    this.#known.add(request);
    if (!this.#ofKeys.take(accessKeyId)) throw slowDown();
  }
}

function slowDown(): ApiError {
  return new ApiError('SlowDown', 'Please reduce your request rate.');
}

/** Whoever has one address of IPv6 has 2^64 of them. */
function addressKey(address: string): string {
  return isIPv6(address) && !address.includes('.')
    ? expanded(address).split(':').slice(0, 4).join(':')
    : address;
}

function expanded(address: string): string {
  const [head = '', tail] = address.split('::');
  if (tail === undefined) return address;
  const [before, after] = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(Math.max(0, 8 - (before?.length ?? 0) - (after?.length ?? 0))).fill(
    '0',
  );
  return [...(before ?? []), ...zeros, ...(after ?? [])].join(':');
}
