/**
 * Where the S3 Control API and the objects are, and with which key: options, then Brigade's own
 * settings, then what every AWS tool reads (environment, profiles, config files), then the service
 * of this machine. The AWS SDK is loaded only by commands that need it: it takes a tenth of a second.
 */
import type { S3ControlClient } from '@aws-sdk/client-s3-control';
import { systemClock } from '../src/base/clock.ts';
import { systemRandom } from '../src/base/random.ts';
import { createS3, elementText, type S3Client, type S3Credentials } from '../src/s3/index.ts';
import { createSigner, sha256Hex } from '../src/sigv4/index.ts';
import { CommandError, UsageError, type Given, type Options } from './command.ts';
import type { Commands } from './service.ts';

/** Of every command that talks to somebody. */
export const WHO_OPTIONS: Options = {
  profile: { value: 'NAME', help: 'a profile of the AWS config files (default: AWS_PROFILE)' },
  region: { value: 'NAME', help: 'the region (default: AWS_REGION, or that of the profile)' },
};

export const S3_OPTIONS: Options = {
  's3-endpoint': {
    value: 'URL',
    help: 'where the objects are (default: BRIGADE_S3_ENDPOINT, AWS_ENDPOINT_URL_S3,\nthe sandbox of this folder, AWS)',
  },
};

export const CONTROL_OPTIONS: Options = {
  endpoint: {
    value: 'URL',
    help: 'the S3 Control API (default: BRIGADE_ENDPOINT, AWS_ENDPOINT_URL_S3_CONTROL,\nthe service of BRIGADE_DATA_DIR on this machine, AWS)',
  },
  account: {
    value: 'ID',
    help: 'twelve digits (default: BRIGADE_ACCOUNT_ID, on AWS the one that the key belongs to)',
  },
  ...WHO_OPTIONS,
  json: { help: 'one JSON object per line, as when the output is no terminal' },
};

export interface Control {
  readonly client: S3ControlClient;
  readonly account: string;
  readonly isAws: boolean;
  readonly url: string;
}

export interface ObjectsPlace {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: S3Credentials;
}

/** For AWS's clients: with it they keep the account id out of the endpoint's host name. */
const REGION_WITHOUT_ACCOUNT = 'snow';
const DEFAULT_REGION = 'us-east-1';
const DEFAULT_ACCOUNT = '123456789012';

export async function connectControl(given: Given, commands: Commands): Promise<Control> {
  const sdk = await import('@aws-sdk/client-s3-control');
  const who = whoOf(given);
  const named = endpointOption(given, 'endpoint', 'BRIGADE_ENDPOINT');
  const target = await targetOf((requestHandler) => {
    const where = named === undefined ? {} : { endpoint: named };
    const options = { ...who, ...where, ...STUB, region: REGION_WITHOUT_ACCOUNT, requestHandler };
    const probe = new sdk.S3ControlClient(options);
    return probe.send(new sdk.ListJobsCommand({ AccountId: DEFAULT_ACCOUNT }));
  });
  const local = named === undefined && isAwsUrl(target) ? commands.local() : undefined;
  if (local) {
    const { url, credentials, account } = local;
    const settings = { endpoint: url, region: REGION_WITHOUT_ACCOUNT, credentials };
    const client = new sdk.S3ControlClient(settings);
    return { client, account: accountOption(given) ?? account, isAws: false, url };
  }
  const isAws = isAwsUrl(target);
  const region = regionOfAws(target) ?? (await regionOf(new sdk.S3ControlClient(who)));
  const client = new sdk.S3ControlClient({
    ...who,
    ...(isAws && named === undefined ? {} : { endpoint: target }),
    region: isAws ? region : REGION_WITHOUT_ACCOUNT,
  });
  const credentials = await credentialsOf(client, target);
  const account =
    accountOption(given) ?? (isAws ? await accountOfKey(credentials, region) : DEFAULT_ACCOUNT);
  return { client, account, isAws, url: target };
}

export async function placeOfObjects(given: Given, commands: Commands): Promise<ObjectsPlace> {
  const { S3Client: Client, ListBucketsCommand } = await import('@aws-sdk/client-s3');
  const who = whoOf(given);
  const named = endpointOption(given, 's3-endpoint', 'BRIGADE_S3_ENDPOINT');
  const region = process.env['BRIGADE_S3_REGION'] ?? (await regionOf(new Client(who)));
  const endpoint = await targetOf((requestHandler) => {
    const where = named === undefined ? {} : { endpoint: named };
    const options = { ...who, ...where, region, ...STUB, requestHandler, forcePathStyle: true };
    return new Client(options).send(new ListBucketsCommand());
  });
  const local = named === undefined && isAwsUrl(endpoint) ? commands.local() : undefined;
  if (local?.sandboxUrl !== undefined) {
    return { endpoint: local.sandboxUrl, region, credentials: local.credentials };
  }
  const [accessKeyId, secretAccessKey] = [
    process.env['BRIGADE_S3_ACCESS_KEY_ID'],
    process.env['BRIGADE_S3_SECRET_ACCESS_KEY'],
  ];
  if (accessKeyId && secretAccessKey && given.text('profile') === undefined) {
    return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  }
  return { endpoint, region, credentials: await credentialsOf(new Client(who), endpoint) };
}

export function objectsClient({ endpoint, region, credentials }: ObjectsPlace): S3Client {
  const surroundings = { clock: systemClock, random: systemRandom };
  return createS3({ endpoint, region, credentials, ...surroundings, timeouts: TIMEOUTS });
}

/** For a person who waits: an address where nobody lives is said soon. */
const TIMEOUTS = { connectMs: 5000 };

function isAwsUrl(url: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(url).hostname);
}

/** An endpoint of AWS takes signatures of its own region only, whichever is configured. */
function regionOfAws(url: string): string | undefined {
  const { hostname } = new URL(url);
  const pattern =
    /(?:^|\.)s3(?:-control)?(?:-fips)?(?:\.dualstack)?\.([a-z]+(?:-[a-z]+)+-\d+)\.amazonaws\.com(?:\.cn)?$/;
  return pattern.exec(hostname)?.[1];
}

function whoOf(given: Given): { readonly profile?: string; readonly region?: string } {
  const [profile, region] = [given.text('profile'), given.text('region')];
  // The SDK looks for endpoints in the profile of the environment, whatever its client is told.
  if (profile !== undefined) process.env['AWS_PROFILE'] = profile;
  return {
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { region }),
  };
}

function endpointOption(given: Given, option: string, setting: string): string | undefined {
  const text = given.text(option);
  const url = text ?? (process.env[setting]?.trim() || undefined);
  if (url === undefined || /^https?:\/\/[^/]/.test(url)) return url;
  const name = text === undefined ? setting : `--${option}`;
  throw new UsageError(`${name} must be a URL such as http://127.0.0.1:9700, not "${url}".`);
}

function accountOption(given: Given): string | undefined {
  const account = given.text('account') ?? process.env['BRIGADE_ACCOUNT_ID']?.trim();
  if (!account || /^\d{12}$/.test(account)) return account || undefined;
  throw new UsageError(`--account must be twelve digits, not "${account}".`);
}

async function regionOf(client: {
  readonly config: { region(): Promise<string> };
}): Promise<string> {
  try {
    return await client.config.region();
  } catch {
    // None is configured; stores other than AWS do not mind which.
    return DEFAULT_REGION;
  }
}

const STUB = { credentials: { accessKeyId: 'none', secretAccessKey: 'none' }, maxAttempts: 1 };

interface SentRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
}

/**
 * Where a client of the AWS SDK would send a request, after all that it reads. Nothing is sent: the
 * handler that would do so only looks.
 */
async function targetOf(
  send: (handler: { handle(request: SentRequest): Promise<never> }) => Promise<unknown>,
): Promise<string> {
  let seen: SentRequest | undefined;
  const handle = (request: SentRequest): Promise<never> => {
    seen = request;
    return Promise.reject(new Error('Nothing is sent.'));
  };
  try {
    await send({ handle });
  } catch (error) {
    if (seen === undefined) throw new CommandError(said(error));
  }
  if (seen === undefined) throw new CommandError('The AWS SDK names no endpoint.');
  const { protocol, hostname, port, path } = seen;
  const base = path.replace(/\/(v20180820\/jobs)?$/, '');
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${base}`;
}

async function credentialsOf(
  client: { readonly config: { credentials(): Promise<S3Credentials> } },
  endpoint: string,
): Promise<S3Credentials> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
    const token = sessionToken === undefined ? {} : { sessionToken };
    return { accessKeyId, secretAccessKey, ...token };
  } catch (error) {
    throw new CommandError(
      `there are no credentials for ${endpoint} (${said(error)}). Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a --profile, or work in the folder of a brigade serve.`,
    );
  }
}

/** As `aws sts get-caller-identity` says. */
async function accountOfKey(credentials: S3Credentials, region: string): Promise<string> {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(process.env['AWS_ENDPOINT_URL_STS'] ?? `https://sts.${region}.${domain}`);
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const headers = { host: url.host, 'content-type': 'application/x-www-form-urlencoded' };
  const signer = createSigner({ ...credentials, region, service: 'sts' });
  const added = signer.sign(
    { method: 'POST', path: '/', query: '', headers, payloadHash: sha256Hex(body) },
    systemClock.now(),
  );
  const hint = 'Name the account with --account.';
  const [giveUp, answered] = [new AbortController(), new AbortController()];
  void systemClock.sleep(STS_MS_MAX, answered.signal).then(() => giveUp.abort());
  try {
    const sent = { ...headers, ...added };
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: sent,
      signal: giveUp.signal,
    });
    const account = elementText(await answer.text(), 'Account');
    if (account !== undefined) return account;
    throw new CommandError(
      `${url.host} does not say whose key this is (${answer.status}). ${hint}`,
    );
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      `${url.host} cannot be asked whose key this is: ${said(error)}. ${hint}`,
    );
  } finally {
    answered.abort();
  }
}

const STS_MS_MAX = 15_000;

export function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${inner}`;
}
