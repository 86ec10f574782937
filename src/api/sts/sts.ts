/**
 * A small STS on the API's port: temporary credentials for unmodified AWS clients, and who one is.
 * `POST /` with a form, as every client of STS speaks. There are no roles to assume here.
 *
 * I1. A call is signed with a lasting key of this service, for the service `sts`; temporary
 *     credentials make no others.
 * I2. What is issued may do what its user may, at most, and dies with its key (auth/sessions.ts).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  lastingKeyOf,
  PolicyDefect,
  type Principal,
  readPolicy,
  type TemporaryKey,
} from '../../auth/index.ts';
import { silentLog } from '../../base/log.ts';
import { sha256Hex } from '../../sigv4/index.ts';
import { signerOf } from '../auth-gate.ts';
import { demand, unlessDenied, visitorOf } from '../authorize.ts';
import type { ApiDeps, Visitor } from '../call.ts';
import { headersOf } from '../headers.ts';
import { stsAnswer, stsErrorAnswer, type XmlTree } from './sts-xml.ts';
import { StsError, toStsError } from './sts-error.ts';

const FORM_BYTES_MAX = 16 * 1024;
const POLICY_CHARS_MAX = 2048;
/** AWS's bounds, in seconds. */
const LIFE = { min: 900, fallback: 43_200, max: 129_600, maxOfRoot: 3600 } as const;

/** Adds `POST /` to a server that does not listen yet. */
export function addSts(server: FastifyInstance, deps: ApiDeps): void {
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler((error, request, reply) => answerError(error, request, reply, deps));
    scope.post('/', { bodyLimit: FORM_BYTES_MAX }, (request, reply) =>
      answerForm(request, reply, deps),
    );
  });
}

async function answerForm(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ApiDeps,
): Promise<FastifyReply> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const headers = headersOf(request.raw);
  const { authorization } = headers;
  const target = request.raw.url ?? '/';
  if (authorization === undefined && !target.includes('X-Amz-Signature=')) {
    throw new StsError('MissingAuthenticationToken', 'Request is missing Authentication Token');
  }
  const raw = { method: 'POST', target, headers, body };
  const principal = await signerOf(raw, deps, { service: 'sts', bodyHash: sha256Hex(body) });
  deps.door?.known(request.raw, lastingKeyOf(principal));
  const form = new URLSearchParams(body.toString('utf8'));
  const visitor = visitorOf(request, principal);
  const action = form.get('Action') ?? '';
  const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (run === undefined) {
    throw new StsError('InvalidAction', `Could not find operation ${action.slice(0, 64)}`);
  }
  const result = run(form, visitor, deps);
  return reply.type('text/xml').send(stsAnswer(action, result, request.id));
}

type Run = (form: URLSearchParams, visitor: Visitor, deps: ApiDeps) => XmlTree;

const ACTIONS: Readonly<Record<string, Run>> = {
  GetCallerIdentity: (_form, { principal }) => {
    const { arn, userId, account } = principal;
    return { Arn: arn, UserId: userId, Account: account };
  },

  /** AWS: needs no permission, and can be denied. */
  GetSessionToken(form, visitor, deps) {
    const { principal } = visitor;
    const sessions = sessionsFor('GetSessionToken', principal, deps);
    if (form.has('SerialNumber') || form.has('TokenCode')) {
      throw new StsError('ValidationError', 'Multi-factor authentication is not supported.');
    }
    unlessDenied({ action: 'sts:GetSessionToken', resource: '*' }, visitor, deps);
    const key = sessions.issue(principal.accessKeyId, { lifeMs: lifeMsOf(form, principal) });
    return { Credentials: credentialsOf(key) };
  },

  /** What it may do is what both its user and `Policy` allow; without one, as on AWS, nothing. */
  GetFederationToken(form, visitor, deps) {
    const { principal } = visitor;
    const { account } = principal;
    const sessions = sessionsFor('GetFederationToken', principal, deps);
    const name = form.get('Name') ?? '';
    if (!/^[\w+=,.@-]{2,32}$/.test(name)) {
      throw new StsError(
        'ValidationError',
        'name: must be 2 to 32 of the characters A-Za-z0-9_+=,.@-',
      );
    }
    for (const member of form.keys()) {
      if (!/^(PolicyArns|Tags)\./.test(member)) continue;
      throw new StsError('ValidationError', `${member}: is not supported here`);
    }
    const policy = form.get('Policy') ?? '';
    checkPolicy(policy);
    const lifeMs = lifeMsOf(form, principal);
    const resource = `arn:aws:sts::${account}:federated-user/${name}`;
    demand({ action: 'sts:GetFederationToken', resource }, visitor, deps);
    const key = sessions.issue(principal.accessKeyId, { lifeMs, name, policy });
    return {
      Credentials: credentialsOf(key),
      FederatedUser: { Arn: resource, FederatedUserId: `${account}:${name}` },
      PackedPolicySize: String(Math.ceil((policy.length / POLICY_CHARS_MAX) * 100)),
    };
  },
};

function sessionsFor(action: string, { session }: Principal, { keyring }: ApiDeps) {
  if (session !== undefined) {
    throw new StsError('AccessDenied', `Cannot call ${action} with session credentials`); // I1
  }
  if (keyring.sessions) return keyring.sessions;
  throw new StsError('InvalidAction', 'This service issues no temporary credentials.');
}

function lifeMsOf(form: URLSearchParams, { kind }: Principal): number {
  const max = kind === 'root' ? LIFE.maxOfRoot : LIFE.max;
  const text = form.get('DurationSeconds');
  const seconds = text === null ? Math.min(LIFE.fallback, max) : Number(text);
  const isWhole = text === null || /^\d{1,9}$/.test(text);
  if (isWhole && seconds >= LIFE.min && seconds <= max) return seconds * 1000;
  const message = `durationSeconds: must be a whole number from ${LIFE.min} to ${max}`;
  throw new StsError('ValidationError', message);
}

function checkPolicy(text: string): void {
  if (text.length > POLICY_CHARS_MAX) {
    const message = `policy: must have at most ${POLICY_CHARS_MAX} characters`;
    throw new StsError('ValidationError', message);
  }
  try {
    if (text !== '') readPolicy('session policy', text);
  } catch (error) {
    if (!(error instanceof PolicyDefect)) throw error;
    throw new StsError('MalformedPolicyDocument', error.message.slice(0, 1024));
  }
}

function credentialsOf({ accessKeyId, secret, token, expiresAt }: TemporaryKey): XmlTree {
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secret.reveal(),
    SessionToken: token,
    // Whole seconds, as AWS has it.
    Expiration: new Date(expiresAt).toISOString().replace(/\.\d+/, ''),
  };
}

function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { log = silentLog }: ApiDeps,
): FastifyReply {
  const shown = toStsError(error);
  if (shown.httpStatus >= 500) {
    log.error({ requestId: request.id, error }, 'A call of STS ended in an unexpected error.');
  }
  return reply
    .code(shown.httpStatus)
    .type('text/xml')
    .send(stsErrorAnswer(shown.code, shown.message, request.id, shown.httpStatus));
}
