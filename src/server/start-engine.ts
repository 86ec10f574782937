/** An engine with all it needs, as one process runs it: in `brigade serve`, or as a worker. */
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { Engine, ENGINE_DEFAULTS } from '../engine/index.ts';
import type { TaskTrace } from '../events/index.ts';
import { createFunctions } from '../functions/index.ts';
import { createS3, type S3 } from '../s3/index.ts';
import type { Store } from '../store/index.ts';
import type { Config, KeyPair } from './config.ts';
import { openRoles } from './open-roles.ts';
import type { Telemetry } from './telemetry.ts';
import { openStaging } from './open-staging.ts';

export interface EngineNeeds {
  readonly config: Config;
  readonly store: Store;
  readonly endpoint: { readonly url: string; readonly credentials: KeyPair };
  /** Unique among the workers that are alive. */
  readonly worker: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Absent: nobody wants to know of tasks. */
  readonly taskTrace?: TaskTrace | undefined;
  /** What the engine is given instead of the client of the endpoint; every job then works with its key. */
  readonly around?: (s3: S3) => S3;
  /** Absent: nobody reads the numbers. */
  readonly telemetry?: Telemetry;
}

/** What is to be undone is put on `undo`, which is run from its end: the engine stops first. */
export function startEngine(needs: EngineNeeds, undo: (() => unknown)[]): Engine {
  const { config, store, endpoint, worker, clock, random, log, telemetry } = needs;
  const { url, credentials } = endpoint;
  const client = createS3({
    endpoint: url,
    region: config.region,
    credentials,
    // Room beside the tasks for manifests, reports and what an operation asks first.
    connections: config.requestsMax + 8,
    clock,
    random,
    ...(telemetry && { meter: telemetry.meters.requests(new URL(url).host) }),
  });
  undo.push(() => client.close());
  const s3 = needs.around?.(client) ?? client;
  const roles = needs.around
    ? undefined
    : openRoles({ config, client, credentials, clock, random, log });
  if (roles) undo.push(() => roles.close());

  const functions = createFunctions({
    registered: config.functions,
    invokeApi: config.lambda,
    environment: {
      ...config.environment,
      ...storeEnvironment(url, roles ? undefined : credentials, config.region),
    },
    connections: config.requestsMax,
    clock,
  });
  undo.push(() => functions.close());

  const staging = openStaging(config.staging, { s3, clock, random });
  const engine = new Engine(
    {
      ...{ store, staging, s3, ...(roles && { roles }), functions, clock, random, log },
      ...(telemetry && { meters: telemetry.meters }),
      ...(telemetry?.trace && { trace: telemetry.trace }),
      taskTrace: needs.taskTrace,
    },
    {
      ...ENGINE_DEFAULTS,
      worker,
      host: hostname(),
      pid: process.pid,
      requestsMax: config.requestsMax,
      activeJobsMax: config.activeJobsMax,
      outageMs: config.outageMs,
      leaseMs: config.leaseMs,
    },
  );
  engine.start();
  undo.push(() => engine.stop());
  return engine;
}

/**
 * So that an AWS SDK inside a function meets the objects of its job without being told. Where jobs have
 * roles, a function is not given the service's key: it would be a way around them.
 */
function storeEnvironment(
  s3Url: string,
  key: KeyPair | undefined,
  region: string,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: s3Url,
    AWS_REGION: region,
    ...(key && {
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      // Empty: one of the shell's own does not fit this key.
      AWS_SESSION_TOKEN: key.sessionToken ?? '',
    }),
  };
}
