/**
 * HTTP/1.1 as the data plane needs it: small requests and answers in memory, many at once, to one
 * endpoint. A task costs about one request, so what a request costs is what the product costs:
 * half of undici's CPU per request (docs/decisions/014, bench/BENCHMARKS.md).
 *
 * I1. Every request settles once: with an answer, with the failure in words (D9), or by rejecting
 *     with the reason of its signal.
 * I2. One request at a time on a connection, `connections` of them at most; others wait in line.
 * I3. Nothing is sent twice: whether a request that got no answer is worth another is the caller's. One
 *     that was not sent yet when its connection went is sent over the next one.
 * I4. A connection is kept only after an answer that was whole and said nothing against it, and never
 *     for longer than IDLE_MS_MAX: stores close theirs after some seconds, and a request that meets
 *     that moment is lost.
 * I5. Who has an answer may do with the memory of the request's body what it likes: nobody reads it.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterThisRound, type Clock } from '../base/clock.ts';
import { AnswerParser, type AnswerLimits, WireError } from './answer-parser.ts';
import { noAnswer, noAnswerFor, noAnswerOf, unsentIf } from './no-answer.ts';
import type { S3Answer } from './s3.ts';

export interface WireOptions {
  readonly connections: number;
  /** Until a connection stands, TLS included. */
  readonly connectMs: number;
  readonly clock: Clock;
}

export interface WireRequest {
  /** Request line and headers with the empty line at their end, one byte per character. */
  readonly head: string;
  readonly body: Uint8Array | undefined;
  readonly limits: AnswerLimits;
  /** How long the other side may be silent, before its answer and inside it. */
  readonly silenceMs: number;
  readonly signal: AbortSignal | undefined;
}

const IDLE_MS_MAX = 4000;
/** Left of what the other side allows, for the way there. */
const KEEP_MARGIN_MS = 1000;
/** How often connections are looked at: silence is noticed up to this much later. */
const LOOK_MS = 200;
/** Shorter bodies go out in one piece with the head: one call of the system instead of two. */
const BODY_INLINE_MAX = 8 * 1024;
const READ_BYTES = 32 * 1024;

/** One endpoint, `http:` or `https:`. */
export class Wire implements Owner {
  readonly #endpoint: URL;
  readonly #options: WireOptions;
  readonly #all = new Set<Connection>();
  /** The last one that became free is the first to work again: the others may grow old and go. */
  readonly #idle: Connection[] = [];
  readonly #line: Errand[] = [];
  /** Connections whose next request is still to be written. */
  #outbox: Connection[] = [];
  readonly #closing = new AbortController();
  #isLooking = false;
  #tlsSession: Buffer | undefined;

  constructor(endpoint: URL, options: WireOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
  }

  send(request: WireRequest): Promise<S3Answer> {
    return new Promise((resolve, reject) => {
      request.signal?.throwIfAborted();
      this.dispatch(new Errand(request, resolve, reject));
    });
  }

  dispatch(errand: Errand): void {
    if (this.#closing.signal.aborted) return errand.end(noAnswerOf('WIRE_CLOSED'));
    const idle = this.#idle.pop();
    if (idle !== undefined) idle.begin(errand);
    else if (this.#all.size < this.#options.connections) this.#connect().begin(errand);
    else this.#line.push(errand);
  }

  /** Ends every connection at once; requests in flight end as failures. */
  close(): void {
    this.#closing.abort();
    for (const errand of this.#line.splice(0)) errand.end(noAnswerOf('WIRE_CLOSED'));
    for (const connection of [...this.#all]) connection.drop();
  }

  free(connection: Connection): void {
    const next = this.#next();
    if (next === undefined) this.#idle.push(connection);
    else connection.begin(next);
  }

  /**
   * Requests go out together, when every answer that has come was read: the first wakes the other side,
   * and the others find it awake. Waking was 5 of the 27 microseconds of a task (bench/BENCHMARKS.md).
   */
  post(connection: Connection): void {
    if (this.#outbox.push(connection) === 1) afterThisRound(() => this.#sendAll());
  }

  #sendAll(): void {
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const connection of outbox) connection.send();
  }

  gone(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    const next = this.#next();
    if (next !== undefined) this.#connect().begin(next);
  }

  /** Whoever was aborted while waiting has left the line. */
  #next(): Errand | undefined {
    let next = this.#line.shift();
    while (next?.isSettled) next = this.#line.shift();
    return next;
  }

  #connect(): Connection {
    const { protocol, hostname, port } = this.#endpoint;
    const isTls = protocol === 'https:';
    // A URL has brackets around an IPv6 address.
    const host = hostname.replace(/^\[|\]$/g, '');
    const open = (read: (piece: Buffer) => void): Socket => {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      const callback = (bytes: number): boolean => {
        read(buffer.subarray(0, bytes));
        return true;
      };
      const tcp = { host, noDelay: true, keepAlive: true, onread: { buffer, callback } };
      if (!isTls) return connectTcp({ ...tcp, port: Number(port || 80) });
      const socket = connectTls({
        ...tcp,
        port: Number(port || 443),
        ...(isIP(host) === 0 && { servername: host }),
        ...(this.#tlsSession && { session: this.#tlsSession }),
        ALPNProtocols: ['http/1.1'],
      });
      return socket.on('session', (session: Buffer) => (this.#tlsSession = session));
    };
    const connection = new Connection(open, isTls ? 'secureConnect' : 'connect', this);
    this.#all.add(connection);
    if (!this.#isLooking) void this.#look();
    return connection;
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#all.size > 0) {
      await this.#options.clock.sleep(LOOK_MS, this.#closing.signal);
      for (const connection of [...this.#all]) connection.look(this.#options.connectMs);
    }
    this.#isLooking = false;
  }
}

/** A request under way, and whoever waits for it. */
class Errand {
  readonly request: WireRequest;
  readonly #resolve: (answer: S3Answer) => void;
  readonly #reject: (reason: unknown) => void;
  isSettled = false;
  connection: Connection | undefined;

  constructor(
    request: WireRequest,
    resolve: (answer: S3Answer) => void,
    reject: (reason: unknown) => void,
  ) {
    this.request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    // An object as listener: no closure per request.
    request.signal?.addEventListener('abort', this);
  }

  handleEvent(): void {
    const reason: unknown = this.request.signal?.reason;
    if (!this.#settle()) return;
    this.#reject(reason);
    this.connection?.drop();
  }

  end(answer: S3Answer): void {
    if (this.#settle()) this.#resolve(answer);
  }

  #settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.request.signal?.removeEventListener('abort', this);
    return true;
  }
}

/** What a connection tells the wire that it belongs to. */
interface Owner {
  /** Ready for the next request. */
  free(connection: Connection): void;
  /** Will have its request sent in a moment. */
  post(connection: Connection): void;
  /** It has not been sent. */
  dispatch(errand: Errand): void;
  gone(connection: Connection): void;
}

class Connection {
  readonly #socket: Socket;
  readonly #owner: Owner;
  #errand: Errand | undefined;
  /** From the moment on in which the request is sent. */
  #parser: AnswerParser | undefined;
  /** Of the last request: it went out with one call. */
  #isInOnePiece = true;
  #isOpen = false;
  #isGone = false;
  #keepMs = IDLE_MS_MAX;
  /** In looks since anything happened. */
  #quietLooks = 0;

  constructor(open: (read: (piece: Buffer) => void) => Socket, opened: string, owner: Owner) {
    this.#owner = owner;
    this.#socket = open((piece) => this.#read(piece));
    this.#socket.once(opened, () => {
      this.#isOpen = true;
      this.#quietLooks = 0;
      this.send();
    });
    this.#socket.once('end', () => this.#ended());
    this.#socket.once('error', (error) => this.#fail(noAnswerFor(error)));
    this.#socket.once('close', () => this.#fail(noAnswerOf('WIRE_CUT')));
  }

  begin(errand: Errand): void {
    this.#errand = errand;
    errand.connection = this;
    this.#quietLooks = 0;
    if (this.#isOpen) this.#owner.post(this);
  }

  /** Looked at every LOOK_MS. */
  look(connectMs: number): void {
    const quietMs = this.#quietLooks++ * LOOK_MS;
    const errand = this.#errand;
    if (!this.#isOpen) {
      if (quietMs >= connectMs) this.#fail(noAnswerOf('WIRE_CONNECT_LATE'));
    } else if (errand === undefined) {
      if (quietMs >= this.#keepMs) this.drop();
    } else if (quietMs >= errand.request.silenceMs) {
      const hasBegun = this.#parser?.hasBegun === true;
      this.#fail(noAnswerOf(hasBegun ? 'WIRE_BODY_LATE' : 'WIRE_ANSWER_LATE'));
    }
  }

  /** Ends it; a request that is under way has been settled by the caller, or fails. */
  drop(): void {
    this.#fail(noAnswerOf('WIRE_CLOSED'));
  }

  /** Nothing, when its errand has ended meanwhile. */
  send(): void {
    const errand = this.#errand;
    if (errand === undefined) return;
    const { head, body, limits } = errand.request;
    this.#parser = new AnswerParser(limits);
    this.#isInOnePiece = body === undefined || body.length <= BODY_INLINE_MAX;
    if (body === undefined || body.length === 0) {
      this.#socket.write(head, 'latin1');
    } else if (this.#isInOnePiece) {
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      this.#socket.write(head + bytes.toString('latin1'), 'latin1');
    } else {
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    }
  }

  #read(piece: Buffer): void {
    this.#quietLooks = 0;
    const parser = this.#parser;
    // Nobody asked: whatever it is, the next answer could not be told from it.
    if (parser === undefined) return this.drop();
    try {
      const answer = parser.take(piece);
      if (answer !== undefined) this.#answered(answer, parser.keepMs);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#fail(noAnswer(`The request failed: ${error.message}.`));
    }
  }

  #answered(answer: S3Answer, keepMs: number | undefined): void {
    const errand = this.#errand;
    this.#errand = undefined;
    this.#parser = undefined;
    this.#keepMs = Math.min(IDLE_MS_MAX, (keepMs ?? Infinity) - KEEP_MARGIN_MS);
    const canStay = this.#keepMs > 0;
    if (!canStay) this.#close();
    // What went out in one piece is with the system, though over TLS a socket says so one round later.
    const isSent = this.#isInOnePiece || this.#socket.writableLength === 0;
    if (canStay && !isSent) {
      afterThisRound(() => {
        this.#freeOnceSent();
        errand?.end(answer); // I5
      });
      return;
    }
    errand?.end(answer);
    if (canStay) this.#owner.free(this);
  }

  /** An answer before the end of a long request: the rest of it would be in the way. */
  #freeOnceSent(): void {
    if (this.#isGone) return;
    if (this.#socket.writableLength === 0) this.#owner.free(this);
    else this.#close();
  }

  #ended(): void {
    const answer = this.#parser?.end();
    if (answer !== undefined) this.#answered(answer, 0);
    else this.#fail(noAnswerOf('WIRE_CUT'));
  }

  #fail(answer: S3Answer): void {
    const errand = this.#errand;
    const isOnlyPosted = this.#isOpen && this.#parser === undefined;
    this.#errand = undefined;
    this.#parser = undefined;
    this.#close();
    if (errand === undefined || errand.isSettled) return;
    if (isOnlyPosted)
      this.#owner.dispatch(errand); // I3
    else errand.end(unsentIf(!this.#isOpen, answer));
  }

  #close(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#socket.destroy();
    this.#owner.gone(this);
  }
}
