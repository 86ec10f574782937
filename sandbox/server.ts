/**
 * The HTTP side of the sandbox: one request in, one answer out.
 *
 * I1. Every answer carries x-amz-request-id and x-amz-id-2; answers to HEAD, and 204 and 304, have
 *     no body.
 * I2. Who asks is settled before what is asked for, and both before any byte of a body is read.
 * I3. An error that is not S3's is answered as InternalError and told to `onBug`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isAllowed, type Permission } from './acl.ts';
import { RequestBody } from './body/receive.ts';
import { verifySigV4, type Verified } from '../src/sigv4/index.ts';
import { type Answer, type Call, Exchange, requireBucket, type Sandbox } from './call.ts';
import { S3Error } from './errors.ts';
import { S3Request } from './request.ts';
import { route } from './route.ts';
import type { Bucket } from './storage/buckets.ts';
import { errorDocument } from './wire.ts';

export interface SandboxCredential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** 12 digits: the owner of what is made with these keys. */
  readonly accountId: string;
}

/** S3: a key has at most 1,024 bytes of UTF-8. */
const KEY_BYTES_MAX = 1024;

/**
 * Node's five seconds make clients that pause meet closed connections. And a request may take as long
 * as its body does: there is no limit for it.
 */
const KEEP_ALIVE_MS = 60_000;

export interface SandboxServer {
  readonly http: Server;
  /** Resolves when no request is being worked on. */
  idle(): Promise<void>;
}

export function createSandboxServer(
  sandbox: Sandbox,
  credentials: readonly SandboxCredential[],
  onBug: (error: unknown) => void,
): SandboxServer {
  const active = new Set<Promise<void>>();
  const byId = new Map(credentials.map((credential) => [credential.accessKeyId, credential]));

  const serve = async (
    message: IncomingMessage,
    response: ServerResponse,
    goOn: () => void,
  ): Promise<void> => {
    const ids = {
      'x-amz-request-id': sandbox.random.hex(8).toUpperCase(),
      'x-amz-id-2': sandbox.random.hex(24),
    };
    let answer: Answer;
    try {
      const request = new S3Request(message);
      const verified = authenticate(request);
      const account =
        verified === undefined ? undefined : byId.get(verified.accessKeyId)?.accountId;
      const call = route(request);
      const bucket = admit(sandbox, request, call, account);
      const body = new RequestBody(message, request, verified, goOn);
      const given = { sandbox, request, body, account, needs: call.needs, bucket };
      answer = await call.run(new Exchange(given));
    } catch (error) {
      // A client that went away in the middle of its body gets no answer, and is nobody's bug.
      if (!(error instanceof S3Error) && !message.destroyed) onBug(error);
      answer = answerOfError(error, message, ids);
    }
    await send(message, response, answer, ids);
    // What a refused body still has to say is read away, so that the connection can serve again.
    if (!message.complete) message.resume();
  };

  const authenticate = (request: S3Request): Verified | undefined => {
    const isSigned =
      request.header('authorization') !== undefined ||
      request.query.has('X-Amz-Algorithm') ||
      request.query.has('X-Amz-Signature') ||
      request.query.has('AWSAccessKeyId');
    if (!isSigned) return undefined;
    if (
      request.header('authorization')?.startsWith('AWS ') ||
      request.query.has('AWSAccessKeyId')
    ) {
      throw new S3Error('InvalidRequest', {
        message:
          'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
      });
    }
    const secretOf = (id: string): string | undefined => byId.get(id)?.secretAccessKey;
    const verdict = verifySigV4(request, secretOf, sandbox.clock.now());
    if (!verdict.ok) throw new S3Error(verdict.code, { message: verdict.message });
    // The sandbox hands out no temporary credentials.
    if (verdict.sessionToken !== undefined) throw new S3Error('InvalidToken');
    return verdict;
  };

  const onRequest = (goOn: (response: ServerResponse) => void) => {
    return (message: IncomingMessage, response: ServerResponse): void => {
      let isTold = false;
      const tell = (): void => {
        if (!isTold) goOn(response);
        isTold = true;
      };
      const served = serve(message, response, tell)
        .catch((error: unknown) => {
          onBug(error);
          response.destroy();
        })
        .finally(() => active.delete(served));
      active.add(served);
    };
  };
  const http = createServer(
    { requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS },
    onRequest(() => undefined),
  );
  http.on(
    'checkContinue',
    onRequest((response) => response.writeContinue()),
  );
  return {
    http,
    async idle() {
      while (active.size > 0) await Promise.all(active);
    },
  };
}

/** Checks bucket, its owner and the permission; the objects' own lists are asked by the calls. */
function admit(
  sandbox: Sandbox,
  request: S3Request,
  call: Call,
  account: string | undefined,
): Bucket | undefined {
  if (Buffer.byteLength(request.key) > KEY_BYTES_MAX) {
    throw new S3Error('KeyTooLongError', {
      elements: {
        Size: String(Buffer.byteLength(request.key)),
        MaxSizeAllowed: String(KEY_BYTES_MAX),
      },
    });
  }
  if (call.needs === 'account') {
    if (account === undefined) throw new S3Error('AccessDenied');
    return undefined;
  }
  const bucket = requireBucket(sandbox.storage, request.bucket);
  const expected = request.header('x-amz-expected-bucket-owner');
  if (expected !== undefined && expected !== bucket.owner) throw new S3Error('AccessDenied');
  if (call.needs === 'bucket owner') {
    if (account !== bucket.owner) throw new S3Error('AccessDenied');
  } else if (call.needs.startsWith('bucket ')) {
    // True because the part of Needs behind `bucket ` is `owner`, met above, or a Permission.
    const permission = call.needs.slice('bucket '.length) as Permission;
    if (!isAllowed(bucket, account, permission)) throw new S3Error('AccessDenied');
  }
  return bucket;
}

function answerOfError(
  error: unknown,
  message: IncomingMessage,
  ids: { readonly 'x-amz-request-id': string; readonly 'x-amz-id-2': string },
): Answer {
  const refusal = error instanceof S3Error ? error : new S3Error('InternalError');
  const { detail, status } = refusal;
  const headers = { ...detail.headers };
  if (status === 304) return { status, headers };
  const body = errorDocument({
    Code: refusal.code,
    Message: refusal.message,
    ...detail.elements,
    Resource: (message.url ?? '').replace(/\?.*$/, ''),
    RequestId: ids['x-amz-request-id'],
    HostId: ids['x-amz-id-2'],
  });
  return { status, headers, body };
}

async function send(
  message: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  ids: Readonly<Record<string, string>>,
): Promise<void> {
  const { status, body } = answer;
  const headers: Record<string, string | number> = { server: 'bucket-brigade-sandbox', ...ids };
  if (typeof body === 'string') headers['content-type'] = 'application/xml';
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    // Node writes Latin-1: text outside ASCII goes out as the bytes of its UTF-8, as it came.
    headers[name] = Buffer.from(value, 'utf8').toString('latin1');
  }
  const isStream = typeof body === 'object' && !Buffer.isBuffer(body);
  const isBodiless = message.method === 'HEAD' || status === 204 || status === 304;
  if (isBodiless || body === undefined || !isStream) {
    if (status !== 204 && status !== 304 && headers['content-length'] === undefined) {
      headers['content-length'] = body === undefined || isStream ? 0 : Buffer.byteLength(body);
    }
    response.writeHead(status, headers);
    response.end(isBodiless || isStream ? undefined : body);
    return;
  }
  await sendStream(response.writeHead(status, headers), body);
}

/** A client that goes away ends the reading; an error in the middle breaks the connection off. */
async function sendStream(response: ServerResponse, body: AsyncIterable<Buffer>): Promise<void> {
  try {
    await pipeline(Readable.from(body, { objectMode: false }), response);
  } catch (error) {
    if (!response.destroyed || !isClientGone(error)) throw error;
  }
}

const GONE_CODES = [
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_UNABLE_TO_PIPE',
  'ERR_STREAM_DESTROYED',
  'ECONNRESET',
  'EPIPE',
];

function isClientGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && GONE_CODES.includes(String(error.code));
}
