/** The sinks that the configuration names. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { unreachable } from '../base/assert.ts';
import {
  cloudTrailSink,
  eventBridgeSink,
  linesSink,
  newSigningKey,
  signingKeyOf,
  type Sink,
  webhookSink,
} from '../events/index.ts';
import { createS3, type S3Client } from '../s3/index.ts';
import { ConfigError } from './config-error.ts';
import type { Config, KeyPair } from './config.ts';
import type {
  CloudTrailConfig,
  EventBridgeConfig,
  SecretPair,
  SinkConfig,
} from './events-config.ts';

export interface SinkNeeds {
  readonly config: Config;
  /** That jobs work on. */
  readonly endpoint: { readonly url: string; readonly credentials: KeyPair };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const CONNECTIONS = 4;
const TIMEOUTS = { connectMs: 4000, silenceMs: 7000 };

/** Throws ConfigError. */
export function openSink(sink: SinkConfig, needs: SinkNeeds): Sink {
  const { clock } = needs;
  switch (sink.type) {
    case 'cloudtrail':
      return openTrail(sink, needs);
    case 'eventbridge':
      return openBridge(sink, needs);
    case 'webhook':
      return webhookSink({ ...sink, secret: sink.secret.reveal(), clock });
    case 'stdout':
      return linesSink({ ...sink, write: writeStdout });
    case 'file':
      return linesSink({ ...sink, write: (lines) => append(sink.path, lines) });
    default:
      return unreachable(sink);
  }
}

function openTrail(sink: CloudTrailConfig, needs: SinkNeeds): Sink {
  const { config, clock, random, log } = needs;
  const s3 = trailClient(sink, needs);
  const signingKey = sink.hasDigest ? trailKey(sink, config) : undefined;
  const { name, wants, bucket, prefix, lingerMs } = sink;
  return cloudTrailSink({
    ...{ name, wants, bucket, prefix, lingerMs, signingKey, region: config.region },
    ...{ s3, clock, random, log, close: () => s3.close() },
  });
}

export function trailClient(
  { endpoint, region, credentials }: CloudTrailConfig,
  needs: SinkNeeds,
): S3Client {
  const { config, clock, random } = needs;
  return createS3({
    endpoint: endpoint ?? needs.endpoint.url,
    region: region ?? config.region,
    credentials: credentials ? revealed(credentials) : needs.endpoint.credentials,
    connections: CONNECTIONS,
    timeouts: TIMEOUTS,
    clock,
    random,
  });
}

/** Every process that may write digests must have the same key. */
export function trailKey({ name, signingKey }: CloudTrailConfig, config: Config) {
  const at = `BRIGADE_EVENTS.sinks.${name}.signingKey`;
  const path = join(config.dataDir, 'events-signing-key.pem');
  if (signingKey === undefined && config.databaseUrl !== undefined) {
    throw new ConfigError(
      `${at}: must be set for digests when several machines may share a database ("digest": false does without).`,
    );
  }
  if (signingKey === undefined && !existsSync(path)) {
    writeFileSync(path, newSigningKey(), { mode: 0o600, flag: 'wx' });
  }
  try {
    return signingKeyOf(signingKey?.reveal() ?? readFileSync(path, 'utf8'));
  } catch {
    throw new ConfigError(`${at}: must be a private RSA key in PEM.`);
  }
}

function openBridge(sink: EventBridgeConfig, { config }: SinkNeeds): Sink {
  const { region = config.region, credentials } = sink;
  return eventBridgeSink({ ...sink, region, credentials: revealed(credentials) });
}

function revealed({ accessKeyId, secret }: SecretPair): KeyPair {
  return { accessKeyId, secretAccessKey: secret.reveal() };
}

function writeStdout(lines: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(lines, (error) => (error ? reject(error) : resolve()));
  });
}

/** Opened anew each time: whoever rotates the file need tell nobody. */
async function append(path: string, lines: string): Promise<void> {
  const file = await open(path, 'a', 0o640);
  try {
    await file.appendFile(lines);
    await file.datasync();
  } finally {
    await file.close();
  }
}
