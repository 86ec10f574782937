/** The console over an in-memory store and an S3 that answers from a table, and a client with a cookie. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Readable } from 'node:stream';
import { addConsole, type ConsoleDeps, createApi } from '../../src/api/index.ts';
import { type AccessKey, fixedKeyring, type Keyring, Secret } from '../../src/auth/index.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { S3, S3Answer, S3Request } from '../../src/s3/index.ts';
import { folderStaging } from '../../src/staging/index.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';

export const ACCOUNT = '123456789012';
export const HOST = 'brigade.example:9700';
const KEYS: readonly AccessKey[] = [
  { accessKeyId: 'AKID', secret: new Secret('secret'), account: ACCOUNT },
  { accessKeyId: 'OTHER', secret: new Secret('other secret'), account: '999999999999' },
];

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Parsed; undefined when it is no JSON. */
  readonly json: unknown;
  readonly code: string;
  readonly message: string;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ConsoleWorld {
  readonly store: Store;
  readonly clock: ManualClock;
  /** Of the built page. */
  readonly folder: string;
  /** By `bucket/key`; what is not there is a 404. */
  readonly objects: Map<string, Buffer>;
  readonly asked: S3Request[];
  readonly logged: string[];
  /** The keys that are known; taking one away disables it. */
  readonly keys: Map<string, AccessKey>;
  readonly app: ReturnType<typeof createApi>;
  /** As the page does it, with what it always sends. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** Nothing but what is given. */
  raw(method: string, target: string, options?: CallOptions): Promise<Reply>;
  /** The cookie of a new session. */
  signIn(accessKeyId?: string, secretAccessKey?: string): Promise<string>;
  close(): Promise<void>;
}

export function openConsoleWorld(changes: Partial<ConsoleDeps> = {}): ConsoleWorld {
  const clock = new ManualClock();
  const random = seededRandom(1);
  const store = openSqliteStore({ path: ':memory:', random });
  const folder = mkdtempSync(join(tmpdir(), 'brigade-console-'));
  const objects = new Map<string, Buffer>();
  const asked: S3Request[] = [];
  const logged: string[] = [];
  const keys = new Map(KEYS.map((key) => [key.accessKeyId, key]));
  const keyring: Keyring = {
    ...fixedKeyring([]),
    find: (id, token) => fixedKeyring([...keys.values()]).find(id, token),
  };
  const nothing = (): void => undefined;
  const deps: ConsoleDeps = {
    store,
    clock,
    random,
    keyring,
    region: 'us-east-1',
    supports: { manifestFormats: ['S3BatchOperations_CSV_20180820'], generator: true },
    log: {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: (fields, text) => logged.push(text + inspect(fields)),
    },
    s3: tableS3(objects, asked),
    staging: folderStaging(join(folder, 'staging')),
    leaseMs: 15_000,
    folder: join(folder, 'page'),
    about: {
      version: '1.2.3',
      endpoint: 'http://store.example',
      isSandbox: false,
      account: ACCOUNT,
      database: 'SQLite',
      limits: { requestsMax: 64, activeJobsMax: 6 },
    },
    ...changes,
  };
  const app = createApi(deps);
  addConsole(app, deps);
  let cookie = '';

  const raw: ConsoleWorld['raw'] = async (method, target, { body, headers = {} } = {}) => {
    const answer = await app.inject({
      // Methods beyond those of the type are sent too.
      method: method as 'GET',
      url: target,
      headers: { host: HOST, ...headers },
      ...(body === undefined ? {} : { payload: body as string | object }),
    });
    const json = parsed(answer.body);
    const { code = '', message = '' } = (json ?? {}) as { code?: string; message?: string };
    const { statusCode: status, headers: replied, body: text } = answer;
    return { status, headers: replied, text, json, code, message };
  };
  const call: ConsoleWorld['call'] = (method, path, options = {}) =>
    raw(method, `/console/api/${path}`, {
      ...options,
      headers: { 'x-brigade-console': 'user', cookie, ...options.headers },
    });
  return {
    ...{ store, clock, folder, objects, asked, logged, keys, app, call, raw },
    async signIn(accessKeyId = 'AKID', secretAccessKey = 'secret') {
      const body = { accessKeyId, secretAccessKey };
      const reply = await call('POST', 'session', { body, headers: { cookie: '' } });
      cookie = String(reply.headers['set-cookie']).split(';')[0] ?? '';
      if (reply.status !== 200) throw new Error(reply.text);
      return cookie;
    },
    async close() {
      await app.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** GET and HEAD of objects, with ranges that begin somewhere; lists are objects with the bucket as name. */
function tableS3(objects: ReadonlyMap<string, Buffer>, asked: S3Request[]): S3 {
  const answer = (request: S3Request): S3Answer => {
    asked.push(request);
    const { bucket = '', key, headers = {} } = request;
    const bytes = objects.get(key === undefined ? bucket : `${bucket}/${key}`);
    if (bytes === undefined) {
      const xml = '<Error><Code>NoSuchKey</Code><Message>It is not there.</Message></Error>';
      return { status: 404, headers: {}, body: Buffer.from(xml) };
    }
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers['range'] ?? '') ?? [];
    const from = Number(first);
    if (from > 0 && from >= bytes.length)
      return { status: 416, headers: {}, body: Buffer.alloc(0) };
    const body = bytes.subarray(from, last === '' ? undefined : Number(last) + 1);
    const range = `bytes ${from}-${from + body.length - 1}/${bytes.length}`;
    const told = {
      etag: '"the-etag"',
      'content-length': String(bytes.length),
      'content-range': range,
    };
    return { status: headers['range'] === undefined ? 200 : 206, headers: told, body };
  };
  return {
    send: async (request) => answer(request),
    open: async (request) => {
      const { status, headers, body } = answer(request);
      if (status >= 300) return { status, headers, body };
      return { status, headers, body: Readable.from(pieces(body)) };
    },
    traits: async () => undefined,
  };
}

/** As a network cuts them. */
function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
