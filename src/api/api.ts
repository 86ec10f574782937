/**
 * The HTTP face of S3 Control: POST, GET, PUT and DELETE below /v20180820/.
 *
 * I1. Any Host is taken, and request lines in absolute form too: AWS clients put the account before
 *     the endpoint's name, which often resolves nowhere, and then come by way of `http_proxy`.
 * I2. Every answer has x-amz-request-id and x-amz-id-2; every error is S3 Control's XML, wrapped.
 * I3. Bad input never gives a 500, and a bug gives nothing away: it is logged under its request id.
 * Other rooms may add routes of their own to the server before it listens.
 */
import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { lastingKeyOf } from '../auth/index.ts';
import { silentLog } from '../base/log.ts';
import { ApiError } from '../model/api-error.ts';
import { authenticate } from './auth-gate.ts';
import { authorize, visitorOf } from './authorize.ts';
import type { ApiDeps } from './call.ts';
import { API_VERSION, findCall, noSuchOperation } from './calls.ts';
import { BODY_BYTES_MAX, toApiError } from './errors.ts';
import { headersOf } from './headers.ts';
import { addObserver, note } from './observed.ts';
import { Query } from './query.ts';
import { addSts } from './sts/sts.ts';
import { watchCalls } from './watch-calls.ts';
import { writeError } from './wire.ts';

/** All other calls have a body of at most fifty tags. */
const SMALL_BODY_BYTES_MAX = 64 * 1024;

/** Probes ask when the service is busiest; they are let in whatever else is. */
const PROBES = ['/health', '/health/live', '/health/ready'];

/** How the server meets the network. */
export interface Listening {
  /** Makes the HTTP server; absent: a plain one. */
  readonly makeServer?: (handler: RequestListener) => Server;
  /** Proxies that are believed about whom they speak for. */
  readonly trustedProxies?: readonly string[];
}

/** No route of ours has a schema of Fastify's: its two compilers are not loaded for nothing. */
const noSchemas = (): never => {
  throw new Error('A route was given a schema, which nothing here compiles.');
};
const NO_SCHEMAS = { buildValidator: noSchemas, buildSerializer: noSchemas };

/** Not listening yet. */
export function createApi(
  deps: ApiDeps,
  { makeServer, trustedProxies = [] }: Listening = {},
): FastifyInstance {
  const app = fastify({
    ...(makeServer && { serverFactory: makeServer }),
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    schemaController: { compilersFactory: NO_SCHEMAS },
    bodyLimit: BODY_BYTES_MAX,
    exposeHeadRoutes: false,
    genReqId: () => deps.random.hex(8).toUpperCase(),
    rewriteUrl: (raw) => originForm(raw.url ?? '/'), // I1
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply, deps),
    clientErrorHandler: (_error, socket) => answerBrokenHttp(socket, deps),
  });
  app.addHook('onRequest', async (request, reply) => {
    identify(request, reply, deps);
    if (!PROBES.includes(pathOf(request))) deps.door?.enter(request.raw, reply.raw, request.ip);
  });
  watchCalls(app, deps);
  if (deps.observer) addObserver(app, deps.observer);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, deps));
  app.setNotFoundHandler((request, reply) =>
    answerError(noSuchOperation(request.method, pathOf(request)), request, reply, deps),
  );
  // A scope of its own, so that bodies stay raw here and nowhere else.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    const url = `/${API_VERSION}/*`;
    const handler = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
      answerCall(request, reply, deps);
    scope.post(url, handler);
    const method = scope.supportedMethods.filter((one) => one !== 'POST');
    scope.route({ method, url, bodyLimit: SMALL_BODY_BYTES_MAX, handler });
  });
  addSts(app, deps);
  return app;
}

async function answerCall(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ApiDeps,
): Promise<FastifyReply> {
  const target = request.raw.url ?? '/';
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const { method } = request;
  const principal = await authenticate(
    { method, target, headers: headersOf(request.raw), body },
    deps,
  );
  note(request, { principal });
  deps.door?.known(request.raw, lastingKeyOf(principal));
  const { account } = principal;
  const { call, jobId } = findCall(method, pathOf(request));
  const query = new Query(target.slice(pathOf(request).length + 1));
  const asked = { account, jobId, query, body };
  const visitor = visitorOf(request, principal);
  await authorize(() => call.needs(asked, deps), visitor, deps);
  const answer = await call.run(asked, deps);
  void reply.code(answer.status);
  return answer.body === '' ? reply.send() : reply.type('application/xml').send(answer.body);
}

function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ApiDeps,
): FastifyReply {
  const shown = toApiError(error);
  note(request, { error: shown });
  if (shown.httpStatus >= 500) {
    const fields = { requestId: request.id, method: request.method, path: pathOf(request), error };
    const log = deps.log ?? silentLog;
    if (shown.code === 'ServiceUnavailable')
      log.warn(fields, 'The database did not answer a call.');
    else log.error(fields, 'A call ended in an unexpected error.');
  }
  const hostId = identify(request, reply, deps);
  return reply
    .code(shown.httpStatus)
    .type('application/xml')
    .send(writeError(shown, request.id, hostId));
}

/** Bytes that are not HTTP: there is no request to answer, only a socket. */
function answerBrokenHttp(socket: Socket, deps: ApiDeps): void {
  if (socket.destroyed || !socket.writable) return;
  const [requestId, hostId] = [deps.random.hex(8).toUpperCase(), deps.random.hex(32)];
  const error = new ApiError('BadRequestException', 'The request is not one that HTTP allows.');
  const body = writeError(error, requestId, hostId);
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nx-amz-request-id: ${requestId}\r\nx-amz-id-2: ${hostId}\r\n` +
      `Content-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

/** Sets both ids once; the second one is returned. */
function identify(request: FastifyRequest, reply: FastifyReply, deps: ApiDeps): string {
  const known = reply.getHeader('x-amz-id-2');
  if (typeof known === 'string') return known;
  const hostId = deps.random.hex(32);
  void reply.headers({ 'x-amz-request-id': request.id, 'x-amz-id-2': hostId });
  return hostId;
}

function originForm(target: string): string {
  const rest = /^https?:\/\/[^/?#]*(.*)$/is.exec(target)?.[1];
  if (rest === undefined) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function pathOf(request: FastifyRequest): string {
  const target = request.raw.url ?? '/';
  const mark = target.indexOf('?');
  return mark < 0 ? target : target.slice(0, mark);
}
