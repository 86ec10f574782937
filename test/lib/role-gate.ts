/**
 * A gate in front of an S3 store, for tests about roles: it issues sessions as STS does, of any length,
 * refuses them when they are over, writes down as whom each request came, and makes it again at the
 * store behind with that store's own key. What it lets through is signed correctly by somebody it knows.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSigner, sha256Hex, verifySigV4 } from '../../src/sigv4/index.ts';

interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Passed {
  /** The access key that signed, or the role of the session that did. */
  readonly as: string;
  readonly accessKeyId: string;
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}

export interface Asked {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId: string | null;
  readonly by: string;
}

export interface GateOptions {
  readonly store: KeyPair & { readonly endpoint: string };
  /** Who may sign, beside sessions. */
  readonly keys: readonly KeyPair[];
  /** How long a session lives; whatever was asked for. */
  readonly sessionMs?: number;
  /** What an answer to AssumeRole is, before a session is made: a code refuses, a number is a status. */
  readonly onAssume?: (roleArn: string) => string | number | undefined;
  /** What a session that is over is told: AWS's words, or those of Ceph RGW. */
  readonly expiredAs?: readonly [status: number, code: string];
}

export interface RoleGate {
  readonly url: string;
  readonly passed: Passed[];
  readonly asked: Asked[];
  /** Requests that were refused, by code. */
  readonly refused: string[];
  /** Change what the next AssumeRole answers. */
  onAssume: NonNullable<GateOptions['onAssume']>;
  sessionMs: number;
  close(): Promise<void>;
}

interface Session {
  readonly secret: string;
  readonly token: string;
  readonly role: string;
  readonly expiresAt: number;
}

export async function startRoleGate(options: GateOptions): Promise<RoleGate> {
  const { store, keys, expiredAs = [400, 'ExpiredToken'] } = options;
  const sessions = new Map<string, Session>();
  const secrets = new Map(keys.map((key) => [key.accessKeyId, key.secretAccessKey]));
  const behind = createSigner({ ...store, region: 'us-east-1', service: 's3' });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const server = http.createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // True: it listens on a TCP port.
  const { port } = server.address() as AddressInfo;
  const gate: RoleGate = {
    url: `http://127.0.0.1:${port}`,
    passed: [],
    asked: [],
    refused: [],
    onAssume: options.onAssume ?? (() => undefined),
    sessionMs: options.sessionMs ?? 3_600_000,
    async close() {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  const refuse = (response: ServerResponse, status: number, code: string): void => {
    gate.refused.push(code);
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<Error><Code>${code}</Code><Message>The gate says so.</Message></Error>`);
  };

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    const { method = '', url: target = '' } = request;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
    const secretOf = (id: string): string | undefined =>
      secrets.get(id) ?? sessions.get(id)?.secret;
    if (
      /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d+\/[^/]+\/sts\//.test(headers['authorization'] ?? '')
    ) {
      return assume({ method, headers, body, response });
    }
    const verdict = verifySigV4({ method, target, headers }, secretOf, Date.now());
    if (!verdict.ok) return refuse(response, 403, verdict.code);
    const { accessKeyId, payloadHash } = verdict;
    if (payloadHash !== sha256Hex(body)) return refuse(response, 400, 'XAmzContentSHA256Mismatch');
    const session = sessions.get(accessKeyId);
    if (verdict.sessionToken !== session?.token) return refuse(response, 400, 'InvalidToken');
    if (session !== undefined && Date.now() >= session.expiresAt)
      return refuse(response, ...expiredAs);
    const as = session?.role ?? accessKeyId;
    const passed = { as, accessKeyId, method, target, headers };
    forward(passed, body, response);
  }

  function assume({ method, headers, body, response }: StsRequest): void {
    const [by = '', , region = ''] =
      /Credential=([^/]+)\/(\d+)\/([^/]+)\//.exec(headers['authorization'] ?? '')?.slice(1) ?? [];
    const secretAccessKey = secrets.get(by);
    if (secretAccessKey === undefined) return refuse(response, 403, 'InvalidClientTokenId');
    const signer = createSigner({ accessKeyId: by, secretAccessKey, region, service: 'sts' });
    const { host = '', 'content-type': type = '', 'x-amz-date': date = '' } = headers;
    const toSign = { method, path: '/', query: '', headers: { host, 'content-type': type } };
    const at = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
    const signed = signer.sign({ ...toSign, payloadHash: sha256Hex(body) }, at);
    if (signed['authorization'] !== headers['authorization']) {
      return refuse(response, 403, 'SignatureDoesNotMatch');
    }
    const form = new URLSearchParams(body.toString());
    const roleArn = form.get('RoleArn') ?? '';
    const sessionName = form.get('RoleSessionName') ?? '';
    gate.asked.push({ roleArn, sessionName, externalId: form.get('ExternalId'), by });
    const answer = gate.onAssume(roleArn);
    if (typeof answer === 'number') return void response.writeHead(answer).end();
    if (answer !== undefined) return refuse(response, 403, answer);
    const id = `ASIA${sessions.size + 1}`;
    const secret = `session-secret-${sessions.size + 1}`;
    const token = `session-token/${sessions.size + 1}+=`;
    const expiresAt = Date.now() + gate.sessionMs;
    sessions.set(id, { secret, token, role: roleArn, expiresAt });
    response.end(
      `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>${new Date(expiresAt).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    );
  }

  function forward(from: Omit<Passed, 'status'>, body: Buffer, response: ServerResponse): void {
    const { host, pathname } = new URL(store.endpoint);
    const [path = '', query = ''] = from.target.split('?');
    const own: Record<string, string> = { host };
    for (const [name, value] of Object.entries(from.headers)) {
      if (!OF_THE_CONNECTION.has(name)) own[name] = value;
    }
    const base = pathname.replace(/\/+$/, '');
    const toSign = { method: from.method, path: base + path, query, headers: own };
    const added = behind.sign({ ...toSign, payloadHash: sha256Hex(body) }, Date.now());
    const onward = http.request(
      `${store.endpoint}${from.target}`,
      {
        method: from.method,
        agent,
        headers: { ...own, ...added, 'content-length': body.length },
      },
      (answer) => {
        gate.passed.push({ ...from, status: answer.statusCode ?? 0 });
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    onward.end(body);
  }
  return gate;
}

interface StsRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly response: ServerResponse;
}

const OF_THE_CONNECTION = new Set([
  'host',
  'connection',
  'authorization',
  'content-length',
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
]);
