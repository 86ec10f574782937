/**
 * Configuration, read once: the environment, then brigade.config.json (the same names), then
 * defaults. A value that cannot be used is refused with its name and what would do.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readMasterKeys } from '../auth/index.ts';
import type { InvokeApi, Registration } from '../functions/index.ts';
import { CONCURRENCY_MAX, LEASE_MS } from '../model/limits.ts';
import { type EventsConfig, eventsOf } from './events-config.ts';
import { accountOfRole } from '../model/role-arn.ts';
import { functionsOf } from './functions-config.ts';
import { ConfigError } from './config-error.ts';
import { doorOf, type DoorConfig } from './door-config.ts';
import { rolesOf, type RolesConfig, type StsConfig } from './roles-config.ts';
import { SUPERVISED_AS } from './supervisor.ts';
import { telemetryOf, type TelemetryConfig } from './telemetry-config.ts';

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** Of PostgreSQL, with its password. Absent: SQLite in the data folder. */
  readonly databaseUrl: string | undefined;
  readonly account: string;
  /** Absent: made at the first start and kept in the data folder. */
  readonly rootKey: KeyPair | undefined;
  /** What secrets in the database are sealed with, newest first. Absent: as the root key. */
  readonly masterKeys: readonly Buffer[] | undefined;
  /** Absent: the sandbox. */
  readonly s3: { readonly endpoint: string; readonly credentials: KeyPair } | undefined;
  readonly region: string;
  readonly sandboxPort: number;
  readonly staging: StagingPlace;
  readonly logLevel: string;
  readonly telemetry: TelemetryConfig;
  /** Worker processes beside the API's; absent: it works itself. */
  readonly workers: number | undefined;
  /** The name of a worker that its parent watches over. */
  readonly supervisedAs: string | undefined;
  /** What was started, and what a process like this one must find in its environment. */
  readonly program: string;
  readonly childEnvironment: Readonly<Record<string, string>>;
  readonly requestsMax: number;
  readonly activeJobsMax: number;
  readonly outageMs: number;
  readonly leaseMs: number;
  /** Functions of our own, by name. */
  readonly functions: Readonly<Record<string, Registration>>;
  /** Absent: functions that are not registered cannot be invoked. */
  readonly lambda: InvokeApi | undefined;
  /** What the roles of jobs stand for. */
  readonly roles: RolesConfig;
  /** The role as which the console looks at objects; absent: the service's own key, where jobs use that too. */
  readonly consoleRole: string | undefined;
  readonly door: DoorConfig;
  /** Where events go. */
  readonly events: EventsConfig;
  /** What functions that run here see: ours, without what is Brigade's own. */
  readonly environment: Readonly<Record<string, string>>;
}

/** `prefix` without a slash at its ends; empty: the whole bucket. */
export type StagingPlace =
  { readonly folder: string } | { readonly bucket: string; readonly prefix: string };

type Source = Readonly<Record<string, string | undefined>>;
/** Processes of one machine; a typing error should not start a thousand. */
const WORKERS_MAX = 256;
const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'];

export function readConfig(overrides: Source = {}): Config {
  const source: Source = {
    ...configFile(process.env['BRIGADE_CONFIG']),
    ...process.env,
    ...overrides,
  };
  const text = (name: string): string | undefined => source[name]?.trim() || undefined;
  const dataDir = resolve(text('BRIGADE_DATA_DIR') ?? 'data');
  const s3 = endpointOf(source);
  const staging = stagingOf(text('BRIGADE_STAGING') ?? resolve(dataDir, 'staging'));
  if ('bucket' in staging && !s3) {
    throw new ConfigError(
      'BRIGADE_STAGING: a bucket is on BRIGADE_S3_ENDPOINT, which is not set; beside the sandbox, name a folder.',
    );
  }
  const databaseUrl = text('BRIGADE_DATABASE_URL');
  if (databaseUrl !== undefined && !isPostgresUrl(databaseUrl)) {
    throw new ConfigError(
      'BRIGADE_DATABASE_URL: must be a URL such as postgres://user:password@host:5432/brigade; leave it out to use SQLite in BRIGADE_DATA_DIR.',
    );
  }
  const account = text('BRIGADE_ACCOUNT_ID') ?? '123456789012';
  if (!/^\d{12}$/.test(account)) throw new ConfigError('BRIGADE_ACCOUNT_ID: must be 12 digits.');
  const region = text('BRIGADE_S3_REGION') ?? text('AWS_REGION') ?? 'us-east-1';
  const roles = rolesOf(source, stsOf(source, region));
  if (!s3 && roles.shared === undefined) {
    throw new ConfigError(
      'BRIGADE_S3_ENDPOINT: roles are those of a store, and the sandbox has none; name the store.',
    );
  }
  const logLevel = text('BRIGADE_LOG_LEVEL') ?? 'info';
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new ConfigError(`BRIGADE_LOG_LEVEL: must be one of ${LOG_LEVELS.join(', ')}.`);
  }
  return {
    host: text('BRIGADE_HOST') ?? '127.0.0.1',
    telemetry: telemetryOf(source, text('BRIGADE_HOST') ?? '127.0.0.1'),
    port: whole(source, 'BRIGADE_PORT', 9700, 0, 65_535),
    sandboxPort: whole(source, 'BRIGADE_SANDBOX_PORT', 9701, 0, 65_535),
    workers:
      text('BRIGADE_WORKERS') === undefined
        ? undefined
        : whole(source, 'BRIGADE_WORKERS', 0, 0, WORKERS_MAX),
    supervisedAs: text(SUPERVISED_AS),
    program: process.argv[1] ?? '',
    childEnvironment: { ...present(process.env), ...present(overrides) },
    requestsMax: whole(source, 'BRIGADE_CONCURRENCY', 64, 1, CONCURRENCY_MAX),
    activeJobsMax: whole(source, 'BRIGADE_ACTIVE_JOBS', 6, 1, 1000),
    outageMs: whole(source, 'BRIGADE_OUTAGE_MINUTES', 60, 0, 10_080) * 60_000,
    leaseMs: whole(source, 'BRIGADE_LEASE_SECONDS', LEASE_MS / 1000, 3, 600) * 1000,
    masterKeys: masterKeysOf(text('BRIGADE_MASTER_KEY')),
    region,
    rootKey: keyPair(source, 'BRIGADE_ROOT_ACCESS_KEY_ID', 'BRIGADE_ROOT_SECRET_ACCESS_KEY'),
    s3,
    functions: functionsOf(text('BRIGADE_FUNCTIONS')),
    events: eventsOf(text('BRIGADE_EVENTS'), (name) => source[name]),
    lambda: lambdaOf(source),
    roles,
    consoleRole: consoleRoleOf(text('BRIGADE_CONSOLE_ROLE'), roles),
    door: doorOf(text, (name, fallback, min, max) => whole(source, name, fallback, min, max)),
    environment: environmentOf(process.env, roles.secretVariables),
    dataDir,
    databaseUrl,
    staging,
    account,
    logLevel,
  };
}

/** Characters that need no care in keys, and no empty or relative segment: keys are compared as text. */
const STAGING_URL =
  /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*)\/?$/;

function stagingOf(text: string): StagingPlace {
  if (!text.startsWith('s3:')) return { folder: resolve(text) };
  const [, bucket, path = ''] = STAGING_URL.exec(text) ?? [];
  if (bucket !== undefined) return { bucket, prefix: path.slice(1) };
  throw new ConfigError(
    'BRIGADE_STAGING: must be a folder, or s3://bucket/prefix with letters, digits, dots, dashes and underscores in the prefix.',
  );
}

function masterKeysOf(text: string | undefined): Config['masterKeys'] {
  if (text === undefined) return undefined;
  const keys = readMasterKeys(text);
  if (keys) return keys;
  // What stands there is a secret, or nearly one.
  throw new ConfigError(
    'BRIGADE_MASTER_KEY: must be 32 bytes in hex or base64 (openssl rand -hex 32); several with commas, the new one first.',
  );
}

function isPostgresUrl(text: string): boolean {
  return URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol);
}

function endpointOf(source: Source): Config['s3'] {
  const endpoint = source['BRIGADE_S3_ENDPOINT']?.trim();
  if (!endpoint) return undefined;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new ConfigError('BRIGADE_S3_ENDPOINT: must be a URL such as http://127.0.0.1:7480.');
  }
  const own = keyPair(source, 'BRIGADE_S3_ACCESS_KEY_ID', 'BRIGADE_S3_SECRET_ACCESS_KEY');
  const usual = keyPair(source, 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY');
  const credentials = own ?? usual;
  if (!credentials) {
    throw new ConfigError(
      'BRIGADE_S3_ENDPOINT is set without credentials: set BRIGADE_S3_ACCESS_KEY_ID and BRIGADE_S3_SECRET_ACCESS_KEY (or the usual AWS variables).',
    );
  }
  const sessionToken = own ? undefined : source['AWS_SESSION_TOKEN']?.trim();
  return { endpoint, credentials: { ...credentials, ...(sessionToken ? { sessionToken } : {}) } };
}

function lambdaOf(source: Source): Config['lambda'] {
  const endpoint = source['BRIGADE_LAMBDA_ENDPOINT']?.trim();
  if (!endpoint) return undefined;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new ConfigError(
      'BRIGADE_LAMBDA_ENDPOINT: must be a URL such as https://lambda.eu-central-1.amazonaws.com.',
    );
  }
  const own = keyPair(source, 'BRIGADE_LAMBDA_ACCESS_KEY_ID', 'BRIGADE_LAMBDA_SECRET_ACCESS_KEY');
  const credentials = own ?? keyPair(source, 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY');
  if (!credentials) {
    throw new ConfigError(
      'BRIGADE_LAMBDA_ENDPOINT is set without credentials: set BRIGADE_LAMBDA_ACCESS_KEY_ID and BRIGADE_LAMBDA_SECRET_ACCESS_KEY (or the usual AWS variables).',
    );
  }
  const sessionToken = own ? undefined : source['AWS_SESSION_TOKEN']?.trim();
  const ofEndpoint = /\.lambda\.([a-z0-9-]+)\.|\/\/lambda\.([a-z0-9-]+)\./.exec(endpoint);
  const region = source['BRIGADE_LAMBDA_REGION']?.trim() || ofEndpoint?.[1] || ofEndpoint?.[2];
  return {
    endpoint,
    region: region ?? (source['AWS_REGION']?.trim() || 'us-east-1'),
    credentials: { ...credentials, ...(sessionToken ? { sessionToken } : {}) },
  };
}

function present(source: Source): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) if (value !== undefined) found[name] = value;
  return found;
}

/** Brigade's settings hold its secrets; a function's module gets its own, under AWS's names. */
function environmentOf(environment: Source, secrets: readonly string[]): Record<string, string> {
  const isShown = (name: string): boolean =>
    !/^(BRIGADE_|PG)/.test(name) && !secrets.includes(name);
  return Object.fromEntries(Object.entries(present(environment)).filter(([name]) => isShown(name)));
}

/** AWS gives out 15 minutes at least, other stores less; 12 hours is everybody's longest. */
const SESSION_SECONDS = { fallback: 3600, min: 3, max: 43_200 };

function stsOf(source: Source, region: string): StsConfig | undefined {
  const endpoint = source['BRIGADE_STS_ENDPOINT']?.trim();
  if (!endpoint) return undefined;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new ConfigError(
      'BRIGADE_STS_ENDPOINT: must be a URL such as https://sts.eu-central-1.amazonaws.com, or that of the store.',
    );
  }
  const { fallback, min, max } = SESSION_SECONDS;
  return {
    endpoint,
    region: source['BRIGADE_STS_REGION']?.trim() || region,
    durationSeconds: whole(source, 'BRIGADE_STS_DURATION_SECONDS', fallback, min, max),
    externalId: source['BRIGADE_STS_EXTERNAL_ID']?.trim() || undefined,
    credentials: keyPair(source, 'BRIGADE_STS_ACCESS_KEY_ID', 'BRIGADE_STS_SECRET_ACCESS_KEY'),
  };
}

function consoleRoleOf(arn: string | undefined, roles: RolesConfig): string | undefined {
  if (arn === undefined) return undefined;
  if (accountOfRole(arn) === undefined || roles.map(arn) === undefined) {
    throw new ConfigError(
      'BRIGADE_CONSOLE_ROLE: must be the ARN of a role that BRIGADE_ROLES or BRIGADE_STS_ENDPOINT gives a meaning.',
    );
  }
  return arn;
}

function keyPair(source: Source, idName: string, secretName: string): KeyPair | undefined {
  const accessKeyId = source[idName]?.trim();
  const secretAccessKey = source[secretName]?.trim();
  if (!accessKeyId && !secretAccessKey) return undefined;
  if (!accessKeyId || !secretAccessKey) {
    throw new ConfigError(
      `${accessKeyId ? secretName : idName}: must be set together with its pair.`,
    );
  }
  return { accessKeyId, secretAccessKey };
}

function whole(source: Source, name: string, fallback: number, min: number, max: number): number {
  const text = source[name]?.trim();
  if (!text) return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ConfigError(
    `${name}: must be a whole number between ${min} and ${max}, not "${text}".`,
  );
}

function configFile(named: string | undefined): Source {
  const path = resolve(named ?? 'brigade.config.json');
  if (!existsSync(path)) {
    if (named) throw new ConfigError(`BRIGADE_CONFIG: there is no file ${path}.`);
    return {};
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${path} is not JSON: ${String(error)}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ConfigError(`${path} must hold one object of settings.`);
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => [
      name,
      // Functions, roles and events have members of their own.
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
}
