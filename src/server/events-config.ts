/**
 * BRIGADE_EVENTS: one JSON object, {"sinks": {"name": {"type": ...}}, "dataEvents": 0.01}. What a
 * sink is told is in docs/EVENTS.md. Secrets are references, {"env": "NAME"} or {"file": "path"}:
 * none stands in the configuration itself.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { Secret } from '../auth/index.ts';
import {
  MESSAGE_KINDS,
  type MessageKind,
  WEBHOOK_SHAPES,
  type WebhookShape,
} from '../events/index.ts';
import { ConfigError } from './config-error.ts';

export interface EventsConfig {
  readonly sinks: readonly SinkConfig[];
  /** Of objects whose requests are recorded, 0 to 1, where a job does not say. */
  readonly dataEvents: number;
}

interface SinkBase {
  /** Also the name of its trail. */
  readonly name: string;
  readonly wants: readonly MessageKind[];
}

export interface SecretPair {
  readonly accessKeyId: string;
  readonly secret: Secret;
}

export interface CloudTrailConfig extends SinkBase {
  readonly type: 'cloudtrail';
  readonly bucket: string;
  readonly prefix: string;
  /** Absent: the one that jobs work on. */
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly credentials: SecretPair | undefined;
  readonly hasDigest: boolean;
  /** PEM. Absent: made at the first start, in the data folder. */
  readonly signingKey: Secret | undefined;
  readonly lingerMs: number;
}

export interface EventBridgeConfig extends SinkBase {
  readonly type: 'eventbridge';
  readonly bus: string;
  readonly source: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly credentials: SecretPair;
}

export interface WebhookConfig extends SinkBase {
  readonly type: 'webhook';
  readonly url: string;
  readonly secret: Secret;
  readonly shape: WebhookShape;
  readonly source: string;
  readonly timeoutMs: number;
}

export interface StdoutConfig extends SinkBase {
  readonly type: 'stdout';
}

export interface FileConfig extends SinkBase {
  readonly type: 'file';
  readonly path: string;
}

export type SinkConfig =
  CloudTrailConfig | EventBridgeConfig | WebhookConfig | StdoutConfig | FileConfig;

const SETTING = 'BRIGADE_EVENTS';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^[\w.-]+(\/[\w.-]+)*$/;
const SOURCE = /^[\w./-]{1,256}$/;
/** What rules for S3 Batch Operations match. AWS itself takes it from AWS's services only. */
const AWS_SOURCE = 'aws.s3';
const OWN_SOURCE = 'bucket-brigade.s3';
const LINGER_SECONDS = { fallback: 60, min: 0, max: 900 };
/** Well below half a lease of a sink (start-events.ts). */
const TIMEOUT_SECONDS = { fallback: 10, min: 1, max: 15 };

/** `variable`: of the environment. */
export function eventsOf(
  text: string | undefined,
  variable: (name: string) => string | undefined,
): EventsConfig {
  if (text === undefined) return { sinks: [], dataEvents: 0 };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${SETTING} is not JSON: ${String(error)}`);
  }
  const members = new Members(parsed, SETTING, ['sinks', 'dataEvents'], variable);
  const share = members.get('dataEvents') ?? 0;
  if (typeof share !== 'number' || share < 0 || share > 1) {
    throw new ConfigError(`${SETTING}.dataEvents: must be a number between 0 and 1.`);
  }
  const at = `${SETTING}.sinks`;
  const sinks = Object.entries(objectOf(members.get('sinks') ?? {}, at)).map(([name, value]) => {
    if (NAME.test(name)) return sinkOf(name, value, `${at}.${name}`, variable);
    throw new ConfigError(
      `${at}: "${name}" is no name of a sink; take up to 64 letters, digits, dots, dashes and underscores.`,
    );
  });
  return { sinks, dataEvents: share };
}

type Variable = (name: string) => string | undefined;

function sinkOf(name: string, value: unknown, at: string, variable: Variable): SinkConfig {
  const { type } = objectOf(value, at);
  const read = READERS.find(([one]) => one === type);
  if (read === undefined) {
    throw new ConfigError(`${at}.type: must be one of ${READERS.map(([one]) => one).join(', ')}.`);
  }
  const [, names, of] = read;
  return of(new Members(value, at, ['type', 'send', ...names], variable), name);
}

type Reader = (members: Members, name: string) => SinkConfig;
const PLACE = ['endpoint', 'region', 'accessKeyId', 'secretAccessKey'];

const READERS: readonly (readonly [SinkConfig['type'], readonly string[], Reader])[] = [
  [
    'cloudtrail',
    ['bucket', 'prefix', 'digest', 'signingKey', 'flushSeconds', ...PLACE],
    (members, name) => ({
      type: 'cloudtrail',
      name,
      wants: members.wants(MESSAGE_KINDS, MESSAGE_KINDS),
      bucket: members.needed('bucket', BUCKET, 'must be the name of a bucket'),
      prefix: members.text('prefix', PREFIX, 'must be folders, without a slash at the ends') ?? '',
      ...members.place(),
      hasDigest: members.flag('digest', true),
      signingKey: members.secret('signingKey'),
      lingerMs: members.whole('flushSeconds', LINGER_SECONDS) * 1000,
    }),
  ],
  ['eventbridge', ['bus', 'source', ...PLACE], eventBridgeOf],
  [
    'webhook',
    ['url', 'secret', 'shape', 'source', 'timeoutSeconds'],
    (members, name) => ({
      type: 'webhook',
      name,
      wants: members.wants(['jobs', 'calls'], ['jobs']),
      url: members.url('url') ?? members.refuse('url', 'is needed: where to post to'),
      secret: members.secret('secret') ?? members.refuse('secret', 'is needed: what to sign with'),
      shape: members.choice('shape', WEBHOOK_SHAPES) ?? 'cloudevents',
      source: members.text('source', SOURCE, 'must be a source such as aws.s3') ?? AWS_SOURCE,
      timeoutMs: members.whole('timeoutSeconds', TIMEOUT_SECONDS) * 1000,
    }),
  ],
  [
    'stdout',
    [],
    (members, name) => ({
      type: 'stdout',
      name,
      wants: members.wants(MESSAGE_KINDS, ['jobs', 'calls']),
    }),
  ],
  [
    'file',
    ['path'],
    (members, name) => {
      const path = members.needed('path', /./, 'must be the path of a file');
      if (!isAbsolute(path)) members.refuse('path', 'must be an absolute path');
      return { type: 'file', name, wants: members.wants(MESSAGE_KINDS, ['jobs', 'calls']), path };
    },
  ],
];

function eventBridgeOf(members: Members, name: string): EventBridgeConfig {
  const place = members.place();
  const { endpoint, credentials = members.usual() } = place;
  if (credentials === undefined) {
    members.refuse('accessKeyId', 'is needed (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)');
  }
  const isAws =
    endpoint === undefined || /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
  const given = members.text('source', SOURCE, 'must be a source such as bucket-brigade.s3');
  if (isAws && given?.startsWith('aws.')) {
    members.refuse('source', 'AWS takes sources that begin with "aws." from its own services only');
  }
  const source = given ?? (isAws ? OWN_SOURCE : AWS_SOURCE);
  const bus = members.text('bus', /./, 'must be the name of an event bus') ?? 'default';
  const wants = members.wants(['jobs', 'calls'], ['jobs']);
  return { type: 'eventbridge', name, wants, bus, source, ...place, credentials };
}

/** The members of one object, each read once and refused by its name. */
class Members {
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #at: string;
  readonly #variable: Variable;

  constructor(value: unknown, at: string, names: readonly string[], variable: Variable) {
    this.#given = objectOf(value, at);
    this.#at = at;
    this.#variable = variable;
    const stranger = Object.keys(this.#given).find((name) => !names.includes(name));
    if (stranger !== undefined) {
      throw new ConfigError(`${at}: knows ${names.join(', ')}, not "${stranger}".`);
    }
  }

  get(name: string): unknown {
    return this.#given[name];
  }

  refuse(name: string, must: string): never {
    throw new ConfigError(`${this.#at}.${name}: ${must}.`);
  }

  text(name: string, pattern: RegExp, must: string): string | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    return typeof value === 'string' && pattern.test(value) ? value : this.refuse(name, must);
  }

  needed(name: string, pattern: RegExp, must: string): string {
    return this.text(name, pattern, must) ?? this.refuse(name, must);
  }

  url(name: string): string | undefined {
    const text = this.text(name, /^https?:\/\//, 'must be a URL with http or https');
    if (text !== undefined && !URL.canParse(text)) this.refuse(name, 'must be a URL');
    return text;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.get(name) ?? fallback;
    return typeof value === 'boolean' ? value : this.refuse(name, 'must be true or false');
  }

  choice<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const must = `must be one of ${values.join(', ')}`;
    return values.find((one) => one === value) ?? this.refuse(name, must);
  }

  whole(name: string, { fallback, min, max }: { fallback: number; min: number; max: number }) {
    const value = this.get(name) ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      return value;
    }
    return this.refuse(name, `must be a whole number between ${min} and ${max}`);
  }

  wants(possible: readonly MessageKind[], fallback: readonly MessageKind[]): MessageKind[] {
    const value = this.get('send') ?? fallback;
    const must = `must be a list of ${possible.join(', ')}`;
    if (!Array.isArray(value) || value.length === 0) return this.refuse('send', must);
    return value.map(
      (one: unknown) => possible.find((kind) => kind === one) ?? this.refuse('send', must),
    );
  }

  place(): Pick<CloudTrailConfig, 'endpoint' | 'region' | 'credentials'> {
    const endpoint = this.url('endpoint');
    const region = this.text('region', /^[a-z0-9-]+$/, 'must be a region');
    const accessKeyId = this.text('accessKeyId', /^\S+$/, 'must be the id of an access key');
    const secret = this.secret('secretAccessKey');
    if (accessKeyId !== undefined && secret !== undefined) {
      return { endpoint, region, credentials: { accessKeyId, secret } };
    }
    const missing = accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey';
    if (accessKeyId !== secret) this.refuse(missing, 'must be set together with its pair');
    return { endpoint, region, credentials: undefined };
  }

  /** AWS's variables. */
  usual(): SecretPair | undefined {
    const accessKeyId = this.#variable('AWS_ACCESS_KEY_ID')?.trim();
    const secret = this.#variable('AWS_SECRET_ACCESS_KEY')?.trim();
    return accessKeyId && secret ? { accessKeyId, secret: new Secret(secret) } : undefined;
  }

  /** What a reference names. */
  secret(name: string): Secret | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const must =
      'must be {"env": "NAME"} or {"file": "path"}: no secret stands in the configuration';
    if (typeof value !== 'object' || value === null) return this.refuse(name, must);
    const [[kind, where] = [], ...others] = Object.entries(value);
    if (others.length > 0 || typeof where !== 'string') return this.refuse(name, must);
    if (kind === 'env') {
      const text = this.#variable(where)?.trim();
      return text ? new Secret(text) : this.refuse(name, `there is no ${where} in the environment`);
    }
    if (kind !== 'file') return this.refuse(name, must);
    try {
      const text = readFileSync(where, 'utf8').trim();
      return text ? new Secret(text) : this.refuse(name, `${where} is empty`);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      return this.refuse(name, `${where} cannot be read: ${String(error)}`);
    }
  }
}

function objectOf(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(`${at}: must be an object.`);
  }
  return Object.fromEntries(Object.entries(value));
}
