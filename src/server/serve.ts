/**
 * The composition root: configuration in, a running service out. API, workers (in this process, or
 * in processes of their own) and, when no endpoint is configured, the sandbox; each meets the others
 * only in the store and over HTTP.
 */
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createApi, Door } from '../api/index.ts';
import { openKeyring, Secret } from '../auth/index.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import type { Engine } from '../engine/index.ts';
import { claimFolder } from '../store/index.ts';
import { ConfigError } from './config-error.ts';
import type { Config, KeyPair } from './config.ts';
import { addConsole } from './console.ts';
import type { TlsFiles } from './door-config.ts';
import { bury, buryAll, workersOfFolder } from './instance.ts';
import { measuredStore } from './measured-store.ts';
import { makeListener } from './listener.ts';
import { openLog } from './open-log.ts';
import { verifyStaging } from './open-staging.ts';
import { openStore } from './open-store.ts';
import { openVault } from './open-vault.ts';
import { packageVersion } from './package.ts';
import { addPages } from './pages.ts';
import { portTaken } from './port-taken.ts';
import { rootKeyOf } from './root-key.ts';
import { supportsOf } from './supports.ts';
import { startSandboxThread, type RunningSandbox } from './sandbox-thread.ts';
import { startEngine, type EngineNeeds } from './start-engine.ts';
import { openTaskTrace, startEvents } from './start-events.ts';
import { Supervisor } from './supervisor.ts';
import { tellingStore } from './telling-store.ts';
import { Telemetry } from './telemetry.ts';
import { watchPort, WatchPages } from './watch-port.ts';
import { type Pair, readPair, watchPair } from './tls.ts';

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
  // What is in it is nobody else's on this machine to read.
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
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
  const log = openLog(config.logLevel);
  const rootKey = rootKeyOf(config, random);
  if (config.roles.shared === 'by-default' && config.s3) {
    log.info({}, 'Every job works with the key of the service (BRIGADE_ROLES, docs/SECURITY.md).');
  }

  const sandbox = config.s3 ? undefined : await startSandbox(config, rootKey);
  if (sandbox) undo.push(() => sandbox.stop());
  const endpoint = {
    url: config.s3?.endpoint ?? sandbox?.url ?? '',
    credentials: config.s3?.credentials ?? rootKey,
  };

  await verifyStaging({ config, endpoint, clock, random, log });

  const opened = await openStore(config, random);
  undo.push(() => opened.close());
  const version = packageVersion();
  const telemetry = new Telemetry({ config, version, endpoint: endpoint.url, clock, log });
  telemetry.show(opened);
  undo.push(() => telemetry.stop());
  const store = measuredStore(opened, telemetry.meters, clock);
  const pages = new WatchPages({ telemetry, store: opened, clock, token: config.telemetry.token });
  // The folder is ours alone: whoever held leases under its names is dead, or dies as we speak.
  const prefix = workersOfFolder(config, random);
  const units = await buryAll(store, prefix, config.workers ?? 0);
  if (units > 0) log.info({ units }, 'Taking up the work of a process that died.');

  if (config.databaseUrl !== undefined && !config.masterKeys) {
    log.warn(
      {},
      'BRIGADE_MASTER_KEY is not set: services on other machines cannot open access keys.',
    );
  }
  const secret = new Secret(rootKey.secretAccessKey);
  const keyring = openKeyring({
    fixed: [{ accessKeyId: rootKey.accessKeyId, account: config.account, secret }],
    book: store,
    vault: await openVault(config, store, random),
    clock,
    random,
    log,
  });
  undo.push(() => keyring.close());
  const worker = `${prefix}0`;
  const events = await startEvents(
    { config, endpoint, store, worker, meters: telemetry.meters, clock, random, log },
    undo,
  );
  let engine: Engine | undefined;
  const deps = {
    ...events,
    store: tellingStore(store, () => engine?.wake()),
    keyring,
    clock,
    random,
    region: config.region,
    log,
    supports: supportsOf(config.roles),
    meters: telemetry.meters,
    ...(telemetry.trace && { trace: telemetry.trace }),
    door: new Door(clock, config.door),
  };
  const pair = config.door.tls && readPair(config.door.tls);
  const { trustedProxies } = config.door;
  const api = createApi(deps, { makeServer: makeListener(config.door, pair), trustedProxies });
  addConsole(api, { config, api: deps, endpoint });
  addPages(api, { store, pages, clock, s3Url: endpoint.url, leaseMs: config.leaseMs });
  undo.push(() => closeDoor(api, clock));
  await listen(api, config, log);
  undo.push(await watchPort(pages, config.telemetry));
  if (pair && config.door.tls)
    undo.push(followPair(config.door.tls, pair, api.server, { clock, log }));

  if (config.workers === undefined) {
    const facts = { config, store, clock, random, log };
    const needs = { ...facts, endpoint, worker, telemetry, taskTrace: openTaskTrace(facts) };
    engine = startEngine(needs, undo);
  } else {
    const names = Array.from({ length: config.workers }, (_, index) => `${prefix}${index + 1}`);
    const { program } = config;
    const environment = { ...config.childEnvironment, ...endpointSettings(endpoint, config) };
    const needs = { names, program, environment, clock, random, log };
    const { family } = telemetry;
    const numberOf = (name: string): string => name.slice(prefix.length);
    const supervisor = new Supervisor({
      ...needs,
      heard: (name, values) => family.heard(numberOf(name), values),
      bury: async (name) => {
        family.buried(numberOf(name));
        await bury(store, name);
      },
    });
    undo.push(() => supervisor.stop());
  }
  telemetry.export();
  undo.push(() => pages.drain());

  // Listening on TCP: the address is never a pipe's name.
  const { port } = api.server.address() as AddressInfo;
  return {
    url: `${pair ? 'https' : 'http'}://${config.host}:${port}`,
    s3Url: endpoint.url,
    isSandbox: sandbox !== undefined,
    rootKey,
    account: config.account,
  };
}

/** Whoever does not take their answer, or end their request, keeps the service from its end so long. */
const CLOSE_MS = 10_000;

/** Nothing new is let in; what is under way is answered. */
async function closeDoor(api: ReturnType<typeof createApi>, clock: Clock): Promise<void> {
  const closed = new AbortController();
  const late = clock.sleep(CLOSE_MS, closed.signal).then(() => {
    if (!closed.signal.aborted) api.server.closeAllConnections();
  });
  await api.close();
  closed.abort();
  await late;
}

/** New certificates are taken up when their files change, and at once at SIGHUP. */
function followPair(
  files: TlsFiles,
  pair: Pair,
  server: Server,
  needs: { readonly clock: Clock; readonly log: Logger },
): () => void {
  // A pair makes it a server that speaks TLS.
  const watching = watchPair(files, pair, server as TlsServer, needs);
  process.on('SIGHUP', watching.look);
  return () => {
    process.off('SIGHUP', watching.look);
    watching.stop();
  };
}

/** What a worker process must be told: where the sandbox is. Any other endpoint it finds where we did. */
function endpointSettings(
  { url, credentials }: EngineNeeds['endpoint'],
  config: Config,
): Record<string, string> {
  if (config.s3) return {};
  return {
    BRIGADE_S3_ENDPOINT: url,
    BRIGADE_S3_ACCESS_KEY_ID: credentials.accessKeyId,
    BRIGADE_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
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
