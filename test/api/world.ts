/** An API over an in-memory store, a clock that stands still, and a client that signs by hand. */
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { type ApiDeps, createApi, type Listening } from '../../src/api/index.ts';
import { fixedKeyring, Secret } from '../../src/auth/index.ts';
import { createSigner, sha256Hex } from '../../src/sigv4/index.ts';
import { openSqliteStore, type Store } from '../../src/store/index.ts';

export const ACCOUNT = '123456789012';
export const OTHER_ACCOUNT = '999999999999';
export const HOST = 's3.example:9700';
const KEYS: Readonly<Record<string, string>> = { AKID: 'secret', OTHER: 'other secret' };

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** Of an error. */
  readonly code: string;
  readonly message: string;
}

export interface CallOptions {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly accessKeyId?: string;
  readonly account?: string;
  /** Changes the request after it was signed. */
  readonly tamper?: (request: RawCall) => RawCall;
}

export interface RawCall {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface World {
  readonly app: ReturnType<typeof createApi>;
  readonly store: Store;
  readonly clock: ManualClock;
  readonly logged: { readonly fields: object; readonly message: string }[];
  call(method: string, target: string, options?: CallOptions): Promise<Reply>;
  send(request: RawCall): Promise<Reply>;
  close(): Promise<void>;
}

export function openWorld(changes: Partial<ApiDeps> = {}, listening: Listening = {}): World {
  const clock = new ManualClock();
  const random = seededRandom(1);
  const store = changes.store ?? openSqliteStore({ path: ':memory:', random });
  const logged: { fields: object; message: string }[] = [];
  const nothing = (): void => undefined;
  const app = createApi(
    {
      store,
      clock,
      random,
      region: 'us-east-1',
      keyring: fixedKeyring([
        { accessKeyId: 'AKID', secret: new Secret('secret'), account: ACCOUNT },
        { accessKeyId: 'OTHER', secret: new Secret('other secret'), account: OTHER_ACCOUNT },
      ]),
      supports: {
        manifestFormats: ['S3BatchOperations_CSV_20180820', 'S3InventoryReport_CSV_20161130'],
        generator: true,
      },
      log: {
        debug: nothing,
        info: nothing,
        warn: nothing,
        error: (fields, message) => logged.push({ fields, message }),
      },
      ...changes,
    },
    listening,
  );

  const send = async (request: RawCall): Promise<Reply> => {
    const { method, target, headers, body } = request;
    const answer = await app.inject({
      // Methods beyond those of the type are sent too, by tests that try anything.
      method: method as 'GET',
      url: target,
      headers: { ...headers },
      ...(body === '' ? {} : { payload: Buffer.from(body, 'latin1') }),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: answer.body,
      code: /<Code>([^<]*)<\/Code>/.exec(answer.body)?.[1] ?? '',
      message: /<Message>([^<]*)<\/Message>/.exec(answer.body)?.[1] ?? '',
    };
  };

  return {
    app,
    store,
    clock,
    logged,
    send,
    call(method, target, options = {}) {
      const { accessKeyId = 'AKID', account = ACCOUNT } = options;
      // Latin-1 stands for bytes here, as in Node's own headers.
      const body = Buffer.from(options.body ?? '', 'utf8').toString('latin1');
      const signer = createSigner({
        accessKeyId,
        secretAccessKey: KEYS[accessKeyId] ?? 'nobody',
        region: 'us-east-1',
        service: 's3',
      });
      const headers = { host: HOST, 'x-amz-account-id': account, ...options.headers };
      const [path = '', query = ''] = target.split('?');
      const payloadHash = sha256Hex(Buffer.from(body, 'latin1'));
      const canonical = query.split('&').filter(Boolean).sort().join('&');
      const added = signer.sign(
        { method, path, query: canonical, headers, payloadHash },
        clock.now(),
      );
      const request = { method, target, headers: { ...headers, ...added }, body };
      return send(options.tamper?.(request) ?? request);
    },
    async close() {
      await app.close();
      await store.close();
    },
  };
}

/** A CreateJob body; `changes` replaces whole top-level elements, '' leaves one out. */
export function createJobXml(changes: Readonly<Record<string, string>> = {}): string {
  const elements: Record<string, string> = {
    ConfirmationRequired: '<ConfirmationRequired>false</ConfirmationRequired>',
    Operation:
      '<Operation><S3PutObjectTagging><TagSet><member><Key>k</Key><Value>v</Value></member></TagSet></S3PutObjectTagging></Operation>',
    Report: '<Report><Enabled>false</Enabled></Report>',
    ClientRequestToken: '<ClientRequestToken>token</ClientRequestToken>',
    Manifest:
      '<Manifest><Spec><Format>S3BatchOperations_CSV_20180820</Format><Fields><member>Bucket</member><member>Key</member></Fields></Spec><Location><ObjectArn>arn:aws:s3:::b/m.csv</ObjectArn><ETag>e</ETag></Location></Manifest>',
    Priority: '<Priority>10</Priority>',
    RoleArn: '<RoleArn>arn:aws:iam::123456789012:role/r</RoleArn>',
    ...changes,
  };
  return `<CreateJobRequest xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/">${Object.values(elements).join('')}</CreateJobRequest>`;
}

/** A role is of the account of its job. */
function roleOf(account: string | undefined): Readonly<Record<string, string>> {
  if (account === undefined) return {};
  return { RoleArn: `<RoleArn>arn:aws:iam::${account}:role/r</RoleArn>` };
}

export async function createdJob(
  world: World,
  changes: Readonly<Record<string, string>> = {},
  options: CallOptions = {},
): Promise<string> {
  const reply = await world.call('POST', '/v20180820/jobs', {
    ...options,
    body: createJobXml({ ...roleOf(options.account), ...changes }),
  });
  const id = /<JobId>([^<]+)<\/JobId>/.exec(reply.body)?.[1];
  if (id === undefined) throw new Error(`CreateJob was refused: ${reply.body}`);
  return id;
}
