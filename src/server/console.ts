/** The console on the API's port: its own few connections to the store, and where its page lies. */
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { addConsole as addRoutes, type ApiDeps } from '../api/index.ts';
import { silentLog } from '../base/log.ts';
import { createS3, type S3Credentials } from '../s3/index.ts';
import { placeOf } from '../store/index.ts';
import type { Config } from './config.ts';
import { openRoles, storeAsRole } from './open-roles.ts';
import { openStaging } from './open-staging.ts';
import { packageRoot, packageVersion } from './package.ts';

export interface ConsoleNeeds {
  readonly config: Config;
  readonly api: ApiDeps;
  readonly endpoint: { readonly url: string; readonly credentials: S3Credentials };
}

/** For people: a handful of them look at a handful of pages. */
const CONNECTIONS = 8;
/** Somebody waits in front of the page. */
const SILENCE_MS = 15_000;

/** Adds /console to a server that does not listen yet; its connections end with the server. */
export function addConsole(server: FastifyInstance, { config, api, endpoint }: ConsoleNeeds): void {
  const s3 = createS3({
    endpoint: endpoint.url,
    region: config.region,
    credentials: endpoint.credentials,
    connections: CONNECTIONS,
    timeouts: { silenceMs: SILENCE_MS },
    clock: api.clock,
    random: api.random,
  });
  const { credentials } = endpoint;
  const { clock, random, log = silentLog } = api;
  const roles = openRoles({ config, client: s3, credentials, clock, random, log });
  server.addHook('onClose', async () => {
    await roles?.close();
    await s3.close();
  });
  addRoutes(server, {
    ...api,
    s3: roles ? storeAsRole(roles, config.consoleRole, 'console') : s3,
    staging: openStaging(config.staging, { s3, clock: api.clock, random: api.random }),
    leaseMs: config.leaseMs,
    folder: join(packageRoot(), 'dist', 'console'),
    about: {
      version: packageVersion(),
      endpoint: endpoint.url,
      isSandbox: config.s3 === undefined,
      account: config.account,
      database: config.databaseUrl === undefined ? 'SQLite' : placeOf(config.databaseUrl),
      limits: { requestsMax: config.requestsMax, activeJobsMax: config.activeJobsMax },
    },
  });
}
