/**
 * Tells whoever keeps the audit trail of every call, before its answer goes out: the eight calls of S3
 * Control, whether they were allowed or refused, and what the console changes.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../auth/index.ts';
import type { CallObserver, ObservedCall } from '../events/index.ts';
import { CREATE_JOB_BODY, PUT_JOB_TAGGING_BODY } from '../model/job-shapes.ts';
import type { StructShape } from '../model/shape.ts';
import { decodeQuery } from '../sigv4/index.ts';
import { API_VERSION, findCall } from './calls.ts';
import { readBody } from './wire.ts';

interface Note {
  readonly principal?: Principal;
  readonly error?: { readonly code: string; readonly message: string };
  /** Of a call that its path does not tell: one of the console. */
  readonly name?: string;
}

/** What changes something, of the console's calls: S3 Control's own, with JSON around them. */
const CHANGES: Readonly<Record<string, string>> = {
  'POST jobs': 'CreateJob',
  'POST jobs/:jobId/status': 'UpdateJobStatus',
  'POST jobs/:jobId/priority': 'UpdateJobPriority',
  'PUT jobs/:jobId/tags': 'PutJobTagging',
};

/** Undefined: nothing that is recorded. */
export function consoleChange(method: string, path: string): string | undefined {
  return CHANGES[`${method} ${path}`];
}

const notes = new WeakMap<FastifyRequest, Note>();

/** What is learnt of a request on its way; costs nothing to speak of when nobody observes. */
export function note(request: FastifyRequest, more: Note): void {
  notes.set(request, { ...notes.get(request), ...more });
}

export function addObserver(server: FastifyInstance, observer: CallObserver): void {
  server.addHook('onSend', async (request, reply, payload) => {
    const call = observedCall(request, reply, typeof payload === 'string' ? payload : '');
    if (call !== undefined) await observer(call);
  });
}

/** Undefined: no call that is recorded. */
function observedCall(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: string,
): ObservedCall | undefined {
  const { principal, error, name } = notes.get(request) ?? {};
  const target = request.raw.url ?? '/';
  const [path = '', query = ''] = target.split('?', 2);
  const found = name === undefined ? callAt(request.method, path) : { name, jobId: '' };
  if (found === undefined) return undefined;
  const { jobId = found.jobId } = jobOf(request.params);
  const authorization = request.headers.authorization ?? credentialOf(query);
  return {
    name: found.name,
    principal,
    claimedKeyId: /Credential=([^/,\s&]{1,128})\//.exec(authorization)?.[1],
    sourceIp: request.ip,
    userAgent: request.headers['user-agent'] ?? '',
    requestId: request.id,
    hostId: String(reply.getHeader('x-amz-id-2') ?? ''),
    isTls: request.protocol === 'https',
    parameters: parametersOf(found.name, jobId, query, request),
    jobId,
    createdJobId: error ? undefined : createdJob(found.name, payload),
    error: error && { code: error.code, message: error.message },
  };
}

function callAt(method: string, path: string): { name: string; jobId: string } | undefined {
  if (!path.startsWith(`/${API_VERSION}/`)) return undefined;
  try {
    const { call, jobId } = findCall(method, path);
    return { name: call.name, jobId };
  } catch {
    // There is no such call: nothing happened, and nobody's name for it would be right.
    return undefined;
  }
}

/** Of a route of the console. */
function jobOf(params: unknown): { jobId?: string } {
  const hasJob = typeof params === 'object' && params !== null && 'jobId' in params;
  return hasJob ? { jobId: String(params.jobId) } : {};
}

const BODIES: Readonly<Record<string, readonly [string, StructShape]>> = {
  CreateJob: ['CreateJobRequest', CREATE_JOB_BODY],
  PutJobTagging: ['PutJobTaggingRequest', PUT_JOB_TAGGING_BODY],
};
/** CloudTrail's own word for what it does not show. */
const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';
const SIGNED = /^x-amz-(signature|security-token|credential)$/i;

function parametersOf(
  name: string,
  jobId: string,
  query: string,
  request: FastifyRequest,
): Readonly<Record<string, unknown>> | undefined {
  const given: Record<string, unknown> = { Host: request.headers.host ?? '' };
  const account = request.headers['x-amz-account-id'];
  if (account !== undefined) given['x-amz-account-id'] = account;
  if (jobId !== '') given['jobId'] = jobId;
  for (const [parameter, value] of pairsOf(query))
    if (!SIGNED.test(parameter)) given[parameter] = value;
  const [root, shape] = BODIES[name] ?? [];
  const { body } = request;
  if (root === undefined || shape === undefined) {
    return name.startsWith('Update') && !Buffer.isBuffer(body)
      ? { ...given, ...plain(body) }
      : given;
  }
  if (!Buffer.isBuffer(body)) return { ...given, ...plain(body) };
  try {
    return { ...given, ...plain(readBody(body, root, shape).value) };
  } catch {
    // What cannot be read is refused, and the refusal is recorded with the rest.
    return given;
  }
}

/** As JSON, without what a function is given: it may hold secrets. */
function plain(value: unknown): object {
  const hide = (name: string, member: unknown): unknown =>
    name === 'UserArguments' ? HIDDEN : member;
  const copy: unknown = JSON.parse(JSON.stringify(value ?? {}, hide));
  return typeof copy === 'object' && copy !== null ? copy : {};
}

function pairsOf(query: string): readonly [string, string][] {
  try {
    return decodeQuery(query);
  } catch {
    return [];
  }
}

function credentialOf(query: string): string {
  const pair = pairsOf(query).find(([name]) => name === 'X-Amz-Credential');
  return pair === undefined ? '' : `Credential=${pair[1]}`;
}

function createdJob(name: string, payload: string): string | undefined {
  if (name !== 'CreateJob') return undefined;
  const [, xml, json] = /<JobId>([^<]+)<|"jobId":"([^"]+)"/.exec(payload) ?? [];
  return xml ?? json;
}
