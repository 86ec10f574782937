/**
 * The HTTP door with users, groups, policies and temporary keys of two accounts behind it, and
 * clients that sign by hand over a real socket.
 */
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApi, Door } from '../../src/api/index.ts';
import { AccessDesk, openKeyring, Secret, Vault } from '../../src/auth/index.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { AccessBook } from '../../src/model/access.ts';
import { createSigner, sha256Hex } from '../../src/sigv4/index.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';
import { newJob } from '../contract/store.contract.ts';

export const ACCOUNT = '123456789012';
export const OTHER_ACCOUNT = '999999999999';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export const ROOT: Credentials = { accessKeyId: 'ROOT', secretAccessKey: 'secret of root' };

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly code: string;
  readonly message: string;
}

export interface Ask {
  readonly method: string;
  readonly target: string;
  readonly body?: string;
  /** Undefined: unsigned. */
  readonly as: Credentials | undefined;
  readonly account?: string;
  readonly service?: 's3' | 'sts';
}

export interface AccessWorld {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly url: string;
  readonly logged: { readonly fields: object; readonly message: string }[];
  desk(account?: string): AccessDesk;
  ask(ask: Ask): Promise<Reply>;
  /** A form to the STS; rejects with what it refuses. */
  sts(as: Credentials, form: Readonly<Record<string, string>>): Promise<Reply>;
  temporary(as: Credentials, form: Readonly<Record<string, string>>): Promise<Credentials>;
  close(): Promise<void>;
}

export interface AccessWorldOptions {
  readonly clock?: ManualClock;
  /** Requests a second of one key; absent: any number. */
  readonly requestsPerKey?: number;
  /** In place of the store's own book, for the keyring. */
  readonly book?: (store: Store) => AccessBook;
}

export async function openAccessWorld(options: AccessWorldOptions = {}): Promise<AccessWorld> {
  const clock = options.clock ?? new ManualClock();
  const random = seededRandom(7);
  const store = openSqliteStore({ path: ':memory:', random });
  const vault = new Vault([Buffer.alloc(32, 1)], random);
  const logged: { fields: object; message: string }[] = [];
  const note = (fields: object, message: string): void => void logged.push({ fields, message });
  const log = { debug: () => undefined, info: note, warn: note, error: note };
  const keyring = openKeyring({
    fixed: [{ accessKeyId: 'ROOT', secret: new Secret('secret of root'), account: ACCOUNT }],
    book: options.book?.(store) ?? store,
    ...{ vault, clock, random, log },
  });
  const supports = { manifestFormats: ['S3BatchOperations_CSV_20180820'], generator: true };
  const { requestsPerKey } = options;
  const limits = { requestsInFlightMax: 100, refusalsPerAddress: 1000 };
  const door = requestsPerKey ? { door: new Door(clock, { ...limits, requestsPerKey }) } : {};
  const deps = { store, keyring, clock, random, region: 'us-east-1', supports, log };
  const app = createApi({ ...deps, ...door });
  await app.listen({ port: 0, host: '127.0.0.1' });
  // It listens on a TCP port, so the address is no path.
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const ask: AccessWorld['ask'] = async (asked) => {
    const { method, target, body = '', as, account = ACCOUNT, service = 's3' } = asked;
    const plain = {
      host: `127.0.0.1:${port}`,
      ...(service === 's3' ? { 'x-amz-account-id': account } : {}),
    };
    const [path = '', query = ''] = target.split('?');
    const added = as
      ? createSigner({ ...as, region: 'us-east-1', service }).sign(
          { method, path, query, headers: plain, payloadHash: sha256Hex(body) },
          clock.now(),
        )
      : {};
    return send(url, method, target, { ...plain, ...added }, body);
  };
  const sts: AccessWorld['sts'] = (as, form) => {
    const body = new URLSearchParams({ Version: '2011-06-15', ...form }).toString();
    return ask({ method: 'POST', target: '/', body, as, service: 'sts' });
  };
  return {
    ...{ store, clock, url, logged, ask, sts },
    desk: (account = ACCOUNT) =>
      new AccessDesk({ book: store, vault: async () => vault, clock, random }, account),
    async temporary(as, form) {
      const reply = await sts(as, form);
      const text = (name: string): string =>
        new RegExp(`<${name}>([^<]+)<`).exec(reply.body)?.[1] ?? '';
      if (reply.status !== 200) throw new Error(reply.body);
      return {
        accessKeyId: text('AccessKeyId'),
        secretAccessKey: text('SecretAccessKey'),
        sessionToken: text('SessionToken'),
      };
    },
    async close() {
      await app.close();
      await keyring.close();
      await store.close();
    },
  };
}

function send(
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => (text += piece));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          body: text,
          code: /<Code>([^<]*)</.exec(text)?.[1] ?? '',
          message: /<Message>([^<]*)</.exec(text)?.[1] ?? '',
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A key of a new user, for clients. */
export async function userKey(
  desk: AccessDesk,
  user: Partial<Parameters<AccessDesk['createKey']>[0]> & { readonly user: string },
): Promise<Credentials> {
  const made = await desk.createKey({ groups: [], tags: [], policies: [], ...user });
  return { accessKeyId: made.key.id, secretAccessKey: made.secret.reveal() };
}

/** A job that waits for its confirmation. */
export async function waitingJob(
  store: Store,
  id: string,
  { account = ACCOUNT, tags = [{ Key: 'department', Value: 'QA' }] } = {},
): Promise<void> {
  const { job, token, requestHash } = newJob({ id, account, tags });
  const at = job.createdAt;
  const request = { ...job.request, ConfirmationRequired: true };
  await store.createJob({
    job: { ...job, operation: 'S3PutObjectTagging', priority: 50, request },
    token,
    requestHash,
  });
  await store.apply(id, 'PreparationStarted', { at });
  const lease = {
    worker: 'w',
    now: at,
    until: at + 1000,
    limit: 1000,
    kinds: ['prepare'] as const,
  };
  const unit = (await store.lease(lease)).find((one) => one.job.id === id);
  if (!unit) throw new Error('The prepare unit was not leased.');
  await store.addChunks(unit.lease, [{ firstRow: 0, rows: 1, start: 0, end: 1 }], {});
  await store.finishPreparing(unit.lease, { tasks: 1, bucket: 'b' }, at);
  const status = (await store.job(account, id))?.status;
  if (status !== 'Suspended') throw new Error(`The job is ${status}.`);
}
