/** The roles that the configuration names, over the client of the endpoint. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { accountOfRole } from '../model/role-arn.ts';
import { createRoles, createSts, type Roles } from '../roles/index.ts';
import { type S3, type S3Client, type S3Credentials, unsignedS3 } from '../s3/index.ts';
import type { Config } from './config.ts';

export interface RolesNeeds {
  readonly config: Pick<Config, 'roles'>;
  readonly client: S3Client;
  /** The service's own, which sign for STS where it has none of its own. */
  readonly credentials: S3Credentials;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Undefined: every job works with the service's own key. */
export function openRoles(needs: RolesNeeds): Roles | undefined {
  const { config, client, credentials, clock, random, log } = needs;
  const { map, sts, shared } = config.roles;
  if (shared !== undefined) return undefined;
  return createRoles({
    map,
    client,
    sts: sts && createSts({ ...sts, credentials: sts.credentials ?? credentials, clock }),
    clock,
    random,
    log,
  });
}

/** The store as one role sees it, for as long as the service lives; assumed when it is first used. */
export function storeAsRole(roles: Roles, arn: string | undefined, name: string): S3 {
  const s3Of = async (signal?: AbortSignal): Promise<S3> => {
    if (arn === undefined) return unsignedS3({ reason: NO_ROLE, isFinal: true });
    const job = { id: name, account: accountOfRole(arn) ?? '', request: { RoleArn: arn } };
    const as = await roles.s3Of(job, signal);
    if (as.ok) return as.s3;
    const { message: reason, again } = as.failure;
    return unsignedS3({ reason, isFinal: again === 'never' });
  };
  return {
    send: async (request, signal) => (await s3Of(signal)).send(request, signal),
    open: async (request, signal) => (await s3Of(signal)).open(request, signal),
    traits: async (signal) => (await s3Of(signal)).traits(signal),
  };
}

const NO_ROLE =
  'Jobs work with roles here, and the console has none: set BRIGADE_CONSOLE_ROLE to look at objects.';
