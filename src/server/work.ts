/**
 * A process that works and answers nobody: `brigade worker`, under a supervisor or by itself.
 *
 * What it must share with the others: the database (a PostgreSQL, or the data folder of this
 * machine), the endpoint, and the staging, in which any worker may find the parts of any other.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './config.ts';
import { newWorkerName } from './instance.ts';
import { openLog } from './open-log.ts';
import { verifyStaging } from './open-staging.ts';
import { measuredStore } from './measured-store.ts';
import { databaseFile, openStore } from './open-store.ts';
import { packageVersion } from './package.ts';
import { knownRootKey } from './root-key.ts';
import { startEngine, type EngineNeeds } from './start-engine.ts';
import { startEvents, openTaskTrace } from './start-events.ts';
import { Telemetry } from './telemetry.ts';
import { watchPort, WatchPages } from './watch-port.ts';

export interface Working {
  readonly name: string;
  /** True: somebody watches over this process, and it must not outlive them. */
  readonly isSupervised: boolean;
  /** Starts nothing new, records what is in flight, gives the rest back, signs off. */
  stop(): Promise<void>;
}

export async function work(config: Config): Promise<Working> {
  if (config.databaseUrl === undefined && !existsSync(databaseFile(config))) {
    throw new ConfigError(
      `BRIGADE_DATABASE_URL: name the database to join. (On the machine of a brigade serve without one, its BRIGADE_DATA_DIR does; there is no database in ${config.dataDir}.)`,
    );
  }
  const endpoint = endpointOf(config);
  const clock = systemClock;
  const random = systemRandom;
  const name = config.supervisedAs ?? newWorkerName(random);
  const isSupervised = config.supervisedAs !== undefined;
  const log = openLog(config.logLevel, { worker: name, pid: process.pid });
  // The service that watches over us has done it.
  if (!isSupervised) await verifyStaging({ config, endpoint, clock, random, log });
  if (!isSupervised && config.databaseUrl !== undefined && 'folder' in config.staging) {
    log.warn(
      { staging: config.staging.folder },
      'Staging is a folder: every process of this database, on every machine, must see the same files there.',
    );
  }
  const opened = await openStore(config, random);
  const undo: (() => unknown)[] = [() => opened.close()];
  const version = packageVersion();
  const telemetry = new Telemetry({ config, version, endpoint: endpoint.url, clock, log });
  undo.push(() => telemetry.stop());
  const store = measuredStore(opened, telemetry.meters, clock);
  const pages = new WatchPages({ telemetry, store: opened, clock, token: config.telemetry.token });
  if (isSupervised) {
    telemetry.tellParent(tellParent);
  } else {
    telemetry.export();
    undo.push(await watchPort(pages, config.telemetry));
  }
  const facts = { config, store, clock, random, log };
  // The service that watches over us delivers.
  if (!isSupervised) {
    const { meters } = telemetry;
    await startEvents({ ...facts, endpoint, worker: name, meters }, undo);
  }
  const taskTrace = openTaskTrace(facts);
  startEngine({ ...facts, endpoint, worker: name, telemetry, taskTrace }, undo);
  log.info({}, 'Working.');
  return {
    name,
    isSupervised,
    async stop() {
      pages.drain();
      for (let step = undo.pop(); step; step = undo.pop()) await step();
    },
  };
}

/** Over the channel that the supervisor opened; one that is closed belongs to a parent that is gone. */
async function tellParent(values: Float64Array): Promise<void> {
  await new Promise<void>((resolve) => {
    if (!process.connected || !process.send) return resolve();
    process.send(values, () => resolve());
  });
}

/** Without one that is named: the sandbox of the service on this data folder. */
function endpointOf(config: Config): EngineNeeds['endpoint'] {
  if (config.s3) return { url: config.s3.endpoint, credentials: config.s3.credentials };
  const credentials = knownRootKey(config);
  if (!credentials || config.sandboxPort === 0 || !existsSync(join(config.dataDir, 'sandbox'))) {
    throw new ConfigError(
      `BRIGADE_S3_ENDPOINT: a worker needs the endpoint to work on, and its credentials. (There is no sandbox of a brigade serve in ${config.dataDir}.)`,
    );
  }
  return { url: `http://${config.host}:${config.sandboxPort}`, credentials };
}
