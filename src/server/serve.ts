/**
 * The composition root: configuration in, a running service out. API, worker and, when no endpoint
 * is configured, the sandbox; each meets the others only in the store and over HTTP.
 */
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { createApi } from '../api/index.ts';
import { fixedKeyring, Secret } from '../auth/index.ts';
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { Engine, ENGINE_DEFAULTS } from '../engine/index.ts';
import { createFunctions } from '../functions/index.ts';
import { createS3 } from '../s3/index.ts';
import { folderStaging } from '../staging/index.ts';
import { claimFolder } from '../store/index.ts';
import { ConfigError } from './config-error.ts';
import type { Config, KeyPair } from './config.ts';
import { openStore, workerNameOf } from './open-store.ts';
import { addPages } from './pages.ts';
import { rootKeyOf } from './root-key.ts';
import { startSandboxThread, type RunningSandbox } from './sandbox-thread.ts';

export interface Running {
  readonly url: string;
  readonly s3Url: string;
  readonly isSandbox: boolean;
  readonly rootKey: KeyPair & { readonly isNew: boolean };
  readonly account: string;
  /** Starts nothing new, records what is in flight, lets go of ports and files. */
  stop(): Promise<void>;
}

export async function serve(config: Config): Promise<Running> {
  mkdirSync(config.dataDir, { recursive: true });
  const release = claimFolder(config.dataDir);
  if (!release) {
    throw new ConfigError(
      `BRIGADE_DATA_DIR: another brigade is running on ${config.dataDir}. Stop it, or name another folder.`,
    );
  }
  const undo: (() => unknown)[] = [release];
  const stop = async (): Promise<void> => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    return { ...(await compose(config, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function compose(config: Config, undo: (() => unknown)[]): Promise<Omit<Running, 'stop'>> {
  const clock = systemClock;
  const random = systemRandom;
  const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: false }));
  const rootKey = rootKeyOf(config, random);

  const sandbox = config.s3 ? undefined : await startSandbox(config, rootKey);
  if (sandbox) undo.push(() => sandbox.stop());
  const s3Url = config.s3?.endpoint ?? sandbox?.url ?? '';
  const credentials = config.s3?.credentials ?? rootKey;
  const s3 = createS3({
    endpoint: s3Url,
    region: config.region,
    credentials,
    // Room beside the tasks for manifests, reports and what an operation asks first.
    connections: config.requestsMax + 8,
    clock,
    random,
  });
  undo.push(() => s3.close());

  const store = await openStore(config, random);
  undo.push(() => store.close());
  const worker = workerNameOf(config, random);
  // The folder is ours alone: whoever held leases under this name is dead.
  const voided = await store.voidLeases(worker);
  if (voided > 0) log.info({ units: voided }, 'Taking up the work of a process that died.');

  const functions = createFunctions({
    registered: config.functions,
    invokeApi: config.lambda,
    environment: { ...config.environment, ...storeEnvironment(s3Url, credentials, config.region) },
    connections: config.requestsMax,
    clock,
  });
  undo.push(() => functions.close());

  const staging = folderStaging(config.staging);
  const engine = new Engine(
    { store, staging, s3, functions, clock, random, log },
    {
      ...ENGINE_DEFAULTS,
      worker,
      requestsMax: config.requestsMax,
      activeJobsMax: config.activeJobsMax,
      outageMs: config.outageMs,
    },
  );

  const keyring = fixedKeyring([
    {
      accessKeyId: rootKey.accessKeyId,
      account: config.account,
      secret: new Secret(rootKey.secretAccessKey),
    },
  ]);
  const api = createApi({
    store,
    keyring,
    clock,
    random,
    region: config.region,
    log,
    supports: {
      manifestFormats: ['S3BatchOperations_CSV_20180820', 'S3InventoryReport_CSV_20161130'],
      generator: true,
    },
  });
  addPages(api, { store, clock, s3Url });
  undo.push(() => api.close());
  await listen(api, config, log);
  engine.start();
  // Stopped first: the undo list runs from its end.
  undo.push(() => engine.stop());

  // Listening on TCP: the address is never a pipe's name.
  const { port } = api.server.address() as AddressInfo;
  return {
    url: `http://${config.host}:${port}`,
    s3Url,
    isSandbox: sandbox !== undefined,
    rootKey,
    account: config.account,
  };
}

/** So that an AWS SDK inside a function meets the objects of its job without being told. */
function storeEnvironment(s3Url: string, key: KeyPair, region: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: s3Url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    // Empty: one of the shell's own does not fit this key.
    AWS_SESSION_TOKEN: key.sessionToken ?? '',
  };
}

async function startSandbox(config: Config, key: KeyPair): Promise<RunningSandbox> {
  const { host, region, account, sandboxPort } = config;
  const dataDir = join(config.dataDir, 'sandbox');
  mkdirSync(dataDir, { recursive: true });
  const { accessKeyId, secretAccessKey } = key;
  const credentials = [{ accessKeyId, secretAccessKey, accountId: account }];
  try {
    return await startSandboxThread({ dataDir, port: sandboxPort, host, region, credentials });
  } catch (error) {
    throw portTaken(error, 'BRIGADE_SANDBOX_PORT', sandboxPort);
  }
}

async function listen(
  api: ReturnType<typeof createApi>,
  { host, port }: Config,
  log: Logger,
): Promise<void> {
  try {
    await api.listen({ host, port });
    log.debug({ host, port }, 'Listening.');
  } catch (error) {
    throw portTaken(error, 'BRIGADE_PORT', port);
  }
}

function portTaken(error: unknown, name: string, port: number): unknown {
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  return isTaken
    ? new ConfigError(`${name}: port ${port} is in use. Stop what uses it, or set another one.`)
    : error;
}
