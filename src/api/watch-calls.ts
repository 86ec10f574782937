/** What is counted, traced and logged of every call of S3 Control, whatever became of it. */
import type { FastifyInstance } from 'fastify';
import { silentLog } from '../base/log.ts';
import { API_ACTIONS, Meters, spanOfCaller, spanOfJob } from '../metrics/index.ts';
import type { ApiDeps } from './call.ts';
import { API_VERSION, findCall } from './calls.ts';

const PREFIX = `/${API_VERSION}/`;
const OTHER = API_ACTIONS.at(-1) ?? '';

export function watchCalls(app: FastifyInstance, deps: ApiDeps): void {
  const { clock, random, meters = new Meters(), log = silentLog, trace } = deps;
  app.addHook('onResponse', async (request, reply) => {
    const [path = ''] = (request.raw.url ?? '').split('?', 1);
    if (!path.startsWith(PREFIX)) return;
    const { action, jobId } = callAt(request.method, path);
    const { statusCode } = reply;
    const ms = reply.elapsedTime;
    meters.callAnswered(action, statusCode, ms / 1000);
    const about = { requestId: request.id, action, statusCode, ...(jobId ? { jobId } : {}) };
    log.debug({ ...about, ms: Math.round(ms) }, 'A call was answered.');
    if (!trace) return;
    const now = clock.now();
    const { traceparent } = request.headers;
    const caller = spanOfCaller(typeof traceparent === 'string' ? traceparent : undefined);
    // A job's id is known from the path; one that was just made is known to its first unit of work.
    trace({
      traceId: caller?.traceId ?? random.hex(16),
      spanId: random.hex(8),
      ...(caller ? { parentSpanId: caller.spanId } : {}),
      name: action,
      isServer: true,
      start: now - ms,
      end: now,
      attributes: {
        'rpc.method': action,
        'http.response.status_code': statusCode,
        'aws.request_id': request.id,
        ...(jobId ? { 'brigade.job.id': jobId } : {}),
      },
      ...(statusCode >= 500 ? { failure: `HTTP ${statusCode}` } : {}),
      ...(UUID.test(jobId) ? { link: spanOfJob(jobId) } : {}),
    });
  });
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A request line that is no call is `other`, so that nobody makes series by guessing paths. */
function callAt(method: string, path: string): { readonly action: string; readonly jobId: string } {
  try {
    const { call, jobId } = findCall(method, path);
    return { action: call.name, jobId };
  } catch {
    return { action: OTHER, jobId: '' };
  }
}
