/**
 * The console's routes below /console: the page, its session, and its calls in JSON.
 *
 * I1. A call without a session is refused before anything of it is looked at; a change that does not
 *     come from the console's own page is refused before its session is looked at.
 * I2. Errors are `{"code", "message"}`; a bug gives nothing away, it is logged under its request id.
 * I3. Whatever is answered carries the headers of guard.ts; answers with data are not kept by anybody.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { silentLog } from '../../base/log.ts';
import { lastingKeyOf, type Principal } from '../../auth/index.ts';
import { authorize, demand, visitorOf } from '../authorize.ts';
import { toApiError } from '../errors.ts';
import { consoleChange, note } from '../observed.ts';
import { Attempts } from './attempts.ts';
import { ConsoleError } from './console-error.ts';
import type { ConsoleDeps, View, ViewDeps, ViewRequest } from './deps.ts';
import { CONSOLE_HEADER, isFromConsole, isTls, SECURITY_HEADERS } from './guard.ts';
import { ProgressLog } from './progress-log.ts';
import { openSession, sealSession, type Session, sessionCookie, touched } from './session.ts';
import { signIn } from './sign-in.ts';
import { serveStatic } from './serve-static.ts';
import { StaticFiles } from './static-files.ts';
import { VIEWS } from './views.ts';

/** Says that the page asks by itself, so that an empty chair does not prolong a session. */
const IN_BACKGROUND = 'background';

/** Adds the routes to a server that does not listen yet. */
export function addConsole(server: FastifyInstance, deps: ConsoleDeps): void {
  const progress = new ProgressLog(deps.clock);
  const view: ViewDeps = { ...deps, progress, startedAt: deps.clock.now() };
  let watching: Promise<void> | undefined;
  server.addHook('onReady', async () => {
    watching = progress.run(deps.store, deps.log);
  });
  server.addHook('onClose', async () => {
    progress.stop();
    await watching;
  });
  server.register(async (scope) => addRoutes(scope, view), { prefix: '/console' });
}

function addRoutes(scope: FastifyInstance, deps: ViewDeps): void {
  scope.removeContentTypeParser('text/plain');
  scope.addHook('onRequest', async (_request, reply) => {
    void reply.headers(SECURITY_HEADERS); // I3
  });
  scope.setErrorHandler((error, request, reply) => answerError(error, request, reply, deps));
  scope.register(
    async (api) => {
      api.addHook('onRequest', async (request, reply) => {
        void reply.header('cache-control', 'no-store');
        const isChange = request.method !== 'GET';
        if (isChange && !isFromConsole(request.headers)) throw notFromConsole(); // I1
      });
      addSession(api, deps);
      for (const view of VIEWS) addView(api, view, deps);
      api.setNotFoundHandler(() => {
        throw new ConsoleError(404, 'NoSuchCall', 'The console has no such call.');
      });
    },
    { prefix: '/api' },
  );
  serveStatic(scope, new StaticFiles(deps.folder));
}

function addSession(api: FastifyInstance, deps: ViewDeps): void {
  const attempts = new Attempts(deps.clock);
  api.post('/session', async (request, reply) => {
    note(request, { name: 'ConsoleLogin' });
    const caller = await signIn(request.body, request.ip, attempts, deps);
    note(request, { principal: caller.principal });
    const now = deps.clock.now();
    setSession(request, reply, { caller, startedAt: now, seenAt: now });
    return shown(caller.principal);
  });
  // Whoever opens the page first asks this: nobody is no error.
  api.get('/session', async (request) => {
    const session = await openSession(request.headers.cookie, deps.keyring, deps.clock.now());
    return session ? shown(session.caller.principal) : {};
  });
  api.delete('/session', async (request, reply) => {
    void reply.header('set-cookie', sessionCookie('', isOverTls(request)));
    return {};
  });
}

function addView(api: FastifyInstance, view: View, deps: ViewDeps): void {
  const { method, path } = view;
  const change = consoleChange(method, path);
  api.route<{ Params: { jobId?: string } }>({
    method,
    url: `/${path}`,
    handler: async (request, reply) => {
      if (change !== undefined) note(request, { name: change });
      const { principal } = (await sessionOf(request, reply, deps)).caller;
      deps.door?.known(request.raw, lastingKeyOf(principal));
      const visitor = visitorOf(request, principal);
      note(request, { principal });
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const { jobId = '' } = request.params;
      const mark = request.url.indexOf('?');
      const query = new URLSearchParams(mark < 0 ? '' : request.url.slice(mark));
      const { body } = request;
      const asked: ViewRequest = {
        ...{ principal, jobId, query, body, signal: gone.signal },
        demand: (need) => demand(need, visitor, deps),
      };
      try {
        await authorize(() => view.needs(asked, deps), visitor, deps);
        return await view.run(asked, deps);
      } catch (error) {
        // Nobody hears this; what was aborted for them is no error of ours.
        if (gone.signal.aborted)
          throw new ConsoleError(499, 'ClientGone', 'Nobody waited for this.');
        throw error;
      }
    },
  });
}

/** The session of a request, prolonged when its user did something. */
async function sessionOf(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ViewDeps,
): Promise<Session> {
  const now = deps.clock.now();
  const session = await openSession(request.headers.cookie, deps.keyring, now);
  if (session === undefined) {
    throw new ConsoleError(401, 'SignInRequired', 'Sign in with an access key of this service.');
  }
  const renewed =
    request.headers[CONSOLE_HEADER] === IN_BACKGROUND ? undefined : touched(session, now);
  if (renewed) setSession(request, reply, renewed);
  return session;
}

function setSession(request: FastifyRequest, reply: FastifyReply, session: Session): void {
  const value = sealSession(session);
  void reply.header('set-cookie', sessionCookie(value, isOverTls(request)));
}

function isOverTls({ protocol, headers }: FastifyRequest): boolean {
  return protocol === 'https' || isTls(headers);
}

/** What the page is told of its user. */
function shown({ accessKeyId, account, user, arn }: Principal): object {
  return { accessKeyId, account, ...(user === undefined ? {} : { user }), arn };
}

function notFromConsole(): ConsoleError {
  const message = 'This change does not come from a page of this console.';
  return new ConsoleError(403, 'NotFromConsole', message);
}

function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ViewDeps,
): FastifyReply {
  const told = error instanceof ConsoleError ? error : toApiError(error);
  note(request, { error: told });
  if (told.httpStatus >= 500 && !(error instanceof ConsoleError)) {
    const fields = { requestId: request.id, method: request.method, error };
    (deps.log ?? silentLog).error(fields, 'A call of the console ended in an unexpected error.');
  }
  const { code, message } = told;
  return reply.code(told.httpStatus).send({ code, message });
}
