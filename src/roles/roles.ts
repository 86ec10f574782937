/**
 * As whom a job works: what its RoleArn stands for.
 *
 * I1. Whatever is done for a job on the store (its list, its objects, its report) is signed as its role
 *     and as nobody else. Where no roles are configured, every role stands for the service's key.
 * I2. A role that stands for nothing here is refused: it never falls back to a mightier key.
 * I3. A role is of the account of its job. CreateJob sees to it; it is looked at once more here.
 * I4. One session per job, named after it, so that the store's own log tells jobs apart.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Job } from '../model/job.ts';
import { accountOfRole } from '../model/role-arn.ts';
import { failed, type FailedOutcome } from '../model/outcome.ts';
import {
  fixedIdentity,
  type Identity,
  type NoCredentials,
  type S3,
  type S3Client,
  type S3Credentials,
} from '../s3/index.ts';
import { RoleSession } from './session.ts';
import type { Sts } from './sts.ts';

/** What a role stands for. */
export type RoleMeans =
  | { readonly kind: 'service' }
  | { readonly kind: 'keys'; readonly credentials: S3Credentials }
  /** `arn`: as STS knows the role. */
  | { readonly kind: 'assume'; readonly arn: string };

/** Undefined: nothing. */
export type RoleMap = (roleArn: string) => RoleMeans | undefined;

export type RoleOfJob = Pick<Job, 'id' | 'account'> & {
  readonly request: Pick<Job['request'], 'RoleArn'>;
};

export type AsRole =
  | { readonly ok: true; readonly s3: S3 }
  /** `again` of the failure tells whether waiting may help; its message is a sentence for people. */
  | { readonly ok: false; readonly failure: FailedOutcome };

export interface Roles {
  /** The store as the role of this job sees it. Resolves once there is something to sign with. */
  s3Of(job: RoleOfJob, signal?: AbortSignal): Promise<AsRole>;
  /** Its STS is not asked any more. */
  close(): Promise<void>;
}

export interface RolesOptions {
  readonly map: RoleMap;
  /** Signs with the service's own key. */
  readonly client: Pick<S3Client, keyof S3 | 'as'>;
  /** Needed when a role is to be assumed. */
  readonly sts?: Sts | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** More jobs than are ever Active at once; the oldest is forgotten and assumed again if needed. */
const KEPT_MAX = 256;

const NO_STS = { ok: false, reason: 'there is no STS to assume it with', isFinal: true } as const;

/** A role that is somebody else than the service. */
type OwnRole = Exclude<RoleMeans, { readonly kind: 'service' }>;

interface Kept {
  readonly identity: Identity;
  readonly s3: S3;
}

export function createRoles(options: RolesOptions): Roles {
  const { map, client, sts, clock, random, log } = options;
  const kept = new Map<string, Kept>();

  const identityOf = (means: OwnRole, { id, request }: RoleOfJob): Identity => {
    if (means.kind === 'keys') return fixedIdentity(means.credentials);
    const { arn } = means;
    return new RoleSession({
      assume: async () => {
        const assumed = (await sts?.assumeRole(arn, `brigade-${id}`)) ?? NO_STS;
        if (assumed.ok) return assumed;
        log.warn({ jobId: id, role: arn, reason: assumed.reason }, 'A role was not assumed.');
        return { ...assumed, reason: sentence(request.RoleArn ?? arn, assumed.reason) };
      },
      clock,
      random,
    });
  };

  const keptOf = (means: OwnRole, job: RoleOfJob): Kept => {
    const known = kept.get(job.id);
    if (known !== undefined) return known;
    const identity = identityOf(means, job);
    const made = { identity, s3: client.as(identity) };
    kept.set(job.id, made);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    return made;
  };

  return {
    async s3Of(job, signal) {
      const roleArn = job.request.RoleArn ?? '';
      const means = map(roleArn);
      if (means?.kind === 'service') return { ok: true, s3: client };
      if (means === undefined) {
        return refused({ reason: sentence(roleArn, 'it is not configured here'), isFinal: true });
      }
      if (accountOfRole(roleArn) !== job.account) {
        return refused({ reason: sentence(roleArn, 'it is of another account'), isFinal: true }); // I3
      }
      const { identity, s3 } = keptOf(means, job);
      if (identity.current(clock.now()) !== undefined) return { ok: true, s3 };
      const next = await identity.next(undefined, signal);
      return 'accessKeyId' in next ? { ok: true, s3 } : refused(next);
    },
    close: async () => sts?.close(),
  };
}

/** Within the 256 characters of a FailureReason. */
const ROLE_CHARS_MAX = 64;

function sentence(roleArn: string, reason: string): string {
  const role = roleArn.length > ROLE_CHARS_MAX ? `...${roleArn.slice(-ROLE_CHARS_MAX)}` : roleArn;
  return `The role ${role} cannot be assumed: ${reason.replace(/\.$/, '')}.`;
}

function refused({ reason, isFinal }: NoCredentials): AsRole {
  if (isFinal) return { ok: false, failure: failed(403, 'AccessDenied', reason) };
  return { ok: false, failure: { ...failed(0, 'NoAnswer', reason, 'later'), isOutage: true } };
}
