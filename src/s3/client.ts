/**
 * The thin S3 client: path-style requests, signed by hand. Measured against the AWS SDK it costs a
 * twentieth of the CPU per request, which is what a job of 10^9 tasks pays for. What fits into
 * memory goes over our own wire; streams (`open`) are undici's.
 *
 * I1. An answer is a value (D9): redirects are not followed, errors are not thrown, and no answer
 *     at all is status 0 with the reason. Only abort rejects.
 * I2. `send` and `open` make one attempt; one more where the store refused the session that had signed
 *     (identity.ts), and nothing else of the request was looked at.
 * I3. A request names a bucket or key that is not empty, or none: an empty key would turn a
 *     request about an object into one about its bucket.
 * I4. A 403 from a store whose clock is far from ours sets ours: the next signature fits.
 * I5. Nothing that a list or a job names leads out of the endpoint's path: names are encoded, and the two
 *     that no encoding makes harmless are no buckets.
 */
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { Lazy } from '../base/lazy.ts';
import type { Random } from '../base/random.ts';
import { rememberLast } from '../base/remember.ts';
import { Meters, type RequestMeter } from '../metrics/index.ts';
import {
  createSigner,
  EMPTY_SHA256,
  encodeComponent,
  encodePath,
  encodeQuery,
  sha256Hex,
} from '../sigv4/index.ts';
import {
  fixedIdentity,
  type Identity,
  isCredentials,
  refusesSession,
  type S3Credentials,
} from './identity.ts';
import { noAnswerFor, noAnswerOf, notSigned } from './no-answer.ts';
import { sendWithRetry } from './retrying.ts';
import type { S3, S3Answer, S3Request, S3Stream, StoreTraits } from './s3.ts';
import { traitsOf } from './traits.ts';
import { Wire } from './wire.ts';

export interface S3Timeouts {
  /** Until a connection stands, TLS included. */
  readonly connectMs: number;
  /** How long the store may be silent, before its answer and inside it. */
  readonly silenceMs: number;
}

export interface S3Options {
  /** `http://host:port` or `https://host/base/path`. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: S3Credentials;
  /** Requests in flight at most; more wait for a connection. Default 64. */
  readonly connections?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly timeouts?: Partial<S3Timeouts>;
  /** Absent: nobody counts. */
  readonly meter?: RequestMeter;
}

export interface S3Client extends S3 {
  /** The same endpoint over the same connections, signed by somebody else. */
  as(identity: Identity): S3;
  /** Ends every connection at once; requests in flight end as failures. */
  close(): Promise<void>;
}

/** 64 connections kept one core of client busy in the trial; more only lengthened the queue. */
const CONNECTIONS = 64;
/** A store that takes longer to shake hands or to say a word is as good as down (D8 waits for it). */
const TIMEOUTS: S3Timeouts = { connectMs: 10_000, silenceMs: 60_000 };
/** A list of 1,000 keys of 1,024 bytes, every byte percent-encoded, and room for the rest. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
/** S3 refuses signatures fifteen minutes off; a third of it is no mere delay on the way. */
const SKEW_MS_MIN = 5 * 60 * 1000;
const TRAITS_ATTEMPTS = 3;

export function createS3(options: S3Options): S3Client {
  const { clock, random } = options;
  const timeouts: S3Timeouts = { ...TIMEOUTS, ...options.timeouts };
  const endpoint = new URL(options.endpoint);
  const { host } = endpoint;
  const meter = options.meter ?? new Meters().requests(host);
  const basePath = endpoint.pathname.replace(/\/+$/, '');
  let skewMs = 0;
  let isClosed = false;
  let traits: StoreTraits | undefined;

  const connections = options.connections ?? CONNECTIONS;
  const wire = new Wire(endpoint, { connections, connectMs: timeouts.connectMs, clock });
  // A hundred modules that a service without work does not need.
  const streams = new Lazy(async () => {
    const { Pool } = await import('undici');
    return new Pool(endpoint.origin, {
      connections,
      pipelining: 1,
      headersTimeout: timeouts.silenceMs,
      bodyTimeout: timeouts.silenceMs,
      connect: { timeout: timeouts.connectMs },
      // HTTP/2 would put every request on one connection and bend the meaning of `connections`.
      allowH2: false,
    });
  });

  const learnFrom = (answer: S3Answer): void => {
    if (answer.status !== 403) return;
    const offMs = Date.parse(answer.headers['date'] ?? '') - clock.now();
    if (Math.abs(offMs - skewMs) > SKEW_MS_MIN) skewMs = offMs; // I4
  };

  const sendSigned = (
    request: S3Request,
    { target, headers, added }: Signed,
    signal: AbortSignal | undefined,
  ): Promise<S3Answer> => {
    const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
    const length = lengthLine(request.method, body);
    return wire.send({
      head: `${request.method} ${target} HTTP/1.1\r\n${headers.lines}${linesOf(added)}${length}\r\n`,
      body,
      limits: { isHead: request.method === 'HEAD', bytesMax: ANSWER_BYTES_MAX },
      silenceMs: request.silenceMs ?? timeouts.silenceMs,
      signal,
    });
  };

  const openSigned = async (
    request: S3Request,
    { target, headers, added }: Signed,
    signal: AbortSignal | undefined,
  ): Promise<S3Answer | S3Stream> => {
    signal?.throwIfAborted();
    if (isClosed) return noAnswerOf('WIRE_CLOSED');
    try {
      const pool = await streams.get();
      const answer = await pool.request({
        method: request.method,
        path: target,
        headers: { ...headers.sent, ...added },
        body: request.body ?? null,
        headersTimeout: request.silenceMs ?? null,
        bodyTimeout: request.silenceMs ?? null,
        signal: signal ?? null,
      });
      const { statusCode: status, body } = answer;
      const given = flatHeaders(answer.headers);
      // Whoever reads it hears of an error; whoever destroys it unread would end the process by it.
      body.on('error', () => undefined);
      if (status >= 200 && status <= 299) {
        return { status, headers: given, body, isFromSocket: true };
      }
      return { status, headers: given, body: await readBounded(body) };
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      return noAnswerFor(error);
    }
  };

  const as = (identity: Identity): S3 => {
    const { region } = options;
    const signerOf = rememberLast((credentials: S3Credentials) =>
      createSigner({ ...credentials, region, service: 's3' }),
    );
    const queryOf = rememberLast(encodeQuery);
    const headersOf = rememberLast((headers: Headers) => layOut({ host, ...headers }));
    const signed = (request: S3Request, credentials: S3Credentials): Signed => {
      const path = basePath + pathOf(request);
      const query = request.query === undefined ? '' : queryOf(request.query);
      const headers = headersOf(request.headers ?? NO_HEADERS);
      const payloadHash = request.bodySha256 ?? hashOf(request.body);
      const added = signerOf(credentials).sign(
        { method: request.method, path, query, headers: headers.given, payloadHash },
        clock.now() + skewMs,
      );
      return { target: query === '' ? path : `${path}?${query}`, headers, added };
    };
    const exchange = async <T extends S3Answer | S3Stream>(
      request: S3Request,
      signal: AbortSignal | undefined,
      carry: (request: S3Request, signed: Signed, signal?: AbortSignal) => Promise<S3Answer | T>,
    ): Promise<S3Answer | T> => {
      if (request.bucket === '.' || request.bucket === '..') return NO_BUCKET; // I5
      const credentials = identity.current(clock.now()) ?? (await identity.next(undefined, signal));
      if (!isCredentials(credentials)) return notSigned(credentials);
      const sentAt = clock.monotonic();
      const answer = await carry(request, signed(request, credentials), signal);
      meter.answered(request.method, answer.status, clock.monotonic() - sentAt);
      if (answer.status < 400 || !isAnswer(answer)) return answer;
      learnFrom(answer);
      if (!refusesSession(answer, credentials, clock.now())) return answer;
      const renewed = await identity.next(credentials, signal); // I2
      if (!isCredentials(renewed)) return answer;
      const againAt = clock.monotonic();
      const second = await carry(request, signed(request, renewed), signal);
      meter.answered(request.method, second.status, clock.monotonic() - againAt);
      return second;
    };
    return {
      send: (request, signal) => exchange<S3Answer>(request, signal, sendSigned),
      open: (request, signal) => exchange<S3Answer | S3Stream>(request, signal, openSigned),
      traits: (signal) => client.traits(signal),
    };
  };

  const client: S3Client = {
    ...as(fixedIdentity(options.credentials)),
    as,

    async traits(signal) {
      if (traits !== undefined) return traits;
      const retry = { attempts: TRAITS_ATTEMPTS, clock, random, ...(signal && { signal }) };
      const answer = await sendWithRetry(client, { method: 'HEAD' }, retry);
      // A 5xx may come from a proxy in front, which says nothing about the store.
      if (answer.status !== 0 && answer.status < 500) {
        traits = traitsOf(answer.headers, endpoint.hostname);
      }
      return traits;
    },

    async close() {
      isClosed = true;
      wire.close();
      await (await streams.made)?.destroy();
    },
  };
  return client;
}

/** A request as it goes out: its target, its headers, and what the signature added to them. */
interface Signed {
  readonly target: string;
  readonly headers: LaidOut;
  readonly added: Headers;
}

function isAnswer(answer: S3Answer | S3Stream): answer is S3Answer {
  return Buffer.isBuffer(answer.body);
}

/** Whoever normalises paths on the way would make another request of it. */
const NO_BUCKET: S3Answer = {
  status: 400,
  headers: {},
  body: Buffer.from(
    '<Error><Code>InvalidBucketName</Code><Message>The specified bucket is not valid.</Message></Error>',
  ),
};

type Headers = Readonly<Record<string, string>>;
const NO_HEADERS: Headers = {};

/** Headers of a request in the forms in which they are needed. */
interface LaidOut {
  /** What is signed. */
  readonly given: Headers;
  /** What is sent: UTF-8 with one character for each byte. */
  readonly sent: Headers;
  readonly lines: string;
}

const NAME = /^[a-z0-9-]+$/;
/** Sent as it is: the usual value costs one look. */
const PLAIN_VALUE = /^[\t\x20-\x7e]*$/;
const BAD_VALUE = /[\0-\x08\x0a-\x1f\x7f]/;

function layOut(given: Headers): LaidOut {
  const sent: Record<string, string> = {};
  for (const name in given) {
    const value = given[name] ?? '';
    const isPlain = PLAIN_VALUE.test(value);
    sent[name] = isPlain ? value : Buffer.from(value, 'utf8').toString('latin1');
    const isSound = NAME.test(name) && (isPlain || !BAD_VALUE.test(value));
    assert(isSound, `The S3 client built a request that cannot be sent: its header ${name}.`);
  }
  return { given, sent, lines: linesOf(sent) };
}

function linesOf(headers: Headers): string {
  let lines = '';
  for (const name in headers) lines += `${name}: ${headers[name]}\r\n`;
  return lines;
}

function lengthLine(method: S3Request['method'], body: Uint8Array | undefined): string {
  if (body !== undefined) return `content-length: ${body.length}\r\n`;
  return method === 'PUT' || method === 'POST' ? 'content-length: 0\r\n' : '';
}

/** Repeated headers become one, as HTTP allows. */
function flatHeaders(raw: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return flat;
}

/** The encoded path below the endpoint. */
function pathOf({ bucket, key }: S3Request): string {
  if (bucket === undefined) return '/';
  assert(bucket !== '' && key !== '', 'A request to S3 names an empty bucket or key.'); // I3
  // A slash in the name of a bucket must not turn the rest of it into a key.
  const path = `/${encodeComponent(bucket)}`;
  return key === undefined ? path : `${path}/${encodePath(key)}`;
}

function hashOf(body: Uint8Array | string | undefined): string {
  return body === undefined ? EMPTY_SHA256 : sha256Hex(body);
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
