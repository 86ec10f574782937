/** What is known about a replication before its first task: the rules, and where they lead. */
import { elementText, rootName, toFailure, toOutcome } from '../s3/index.ts';
import type { Opened, Place } from './operation.ts';
import { worthWaiting } from './probe.ts';
import type { DestinationState } from './replica.ts';
import { readReplication, type ReplicationRule } from './replication-config.ts';

/** By bucket; a code where nothing can be replicated to it. */
export type Destinations = ReadonlyMap<
  string,
  DestinationState | 'DstBucketNotFound' | 'DstBucketUnversioned'
>;

export interface Probed {
  readonly ok: true;
  readonly rules: readonly ReplicationRule[];
  readonly destinations: Destinations;
  /** Of the source. */
  readonly isVersioned: boolean;
}

type Obstacle = Extract<Opened, { ok: false }>;
type ProbePlace = Pick<Place, 's3' | 'bucket'>;

export async function probeReplication(
  place: ProbePlace,
  signal: AbortSignal,
): Promise<Probed | Obstacle> {
  const rules = await rulesOf(place, signal);
  if ('ok' in rules) return rules;
  const source = await versioningOf(place, signal);
  if (typeof source === 'object') return source;
  const destinations = new Map<
    string,
    DestinationState | 'DstBucketNotFound' | 'DstBucketUnversioned'
  >();
  for (const { destination } of rules.enabled) {
    const { bucket } = destination;
    if (destinations.has(bucket)) continue;
    const state = await destinationOf({ ...place, bucket }, signal);
    if (typeof state === 'object' && 'ok' in state) return state;
    destinations.set(bucket, state);
  }
  const codes = [...destinations.values()].filter((state) => typeof state === 'string');
  const [code] = codes;
  if (code !== undefined && codes.length === destinations.size) {
    const names = [...destinations.keys()].join(', ');
    return { ok: false, code, reason: `${WHY[code]}: ${names}.` };
  }
  return { ok: true, rules: rules.enabled, destinations, isVersioned: source === 'enabled' };
}

const WHY = {
  DstBucketNotFound: 'No destination bucket of the replication configuration exists',
  DstBucketUnversioned: 'No destination bucket of the replication configuration is versioned',
} as const;

async function rulesOf(
  { s3, bucket }: ProbePlace,
  signal: AbortSignal,
): Promise<{ readonly enabled: readonly ReplicationRule[] } | Obstacle> {
  const answer = await s3.send({ method: 'GET', bucket, query: { replication: '' } }, signal);
  const code = 'SrcBucketReplicationConfigMissing';
  if (!toOutcome(answer).ok) {
    const failure = toFailure(answer);
    const waiting = worthWaiting(
      failure,
      `The replication configuration of ${bucket} could not be read`,
    );
    if (waiting !== undefined) return waiting;
    if (failure.code === 'NoSuchBucket') {
      return { ok: false, reason: `The bucket ${bucket} does not exist.` };
    }
    if (failure.code === 'ReplicationConfigurationNotFoundError') {
      return { ok: false, code, reason: `The bucket ${bucket} has no replication configuration.` };
    }
    const reason = `The replication configuration of ${bucket} cannot be read: ${failure.code}: ${failure.message}`;
    return failure.httpStatus === 403 ? { ok: false, reason } : { ok: false, code, reason };
  }
  const enabled = readReplication(answer.body.toString('utf8'));
  // A store that does not know the sub-resource lists the bucket; Ceph shows an empty configuration.
  if (enabled !== undefined && enabled.length > 0) return { enabled };
  return {
    ok: false,
    code,
    reason: `The bucket ${bucket} has no replication rule that is enabled.`,
  };
}

type Versioning = 'enabled' | 'off' | 'missing' | 'forbidden';

async function versioningOf(
  { s3, bucket }: ProbePlace,
  signal: AbortSignal,
): Promise<Versioning | Obstacle> {
  const answer = await s3.send({ method: 'GET', bucket, query: { versioning: '' } }, signal);
  if (toOutcome(answer).ok) {
    const xml = answer.body.toString('utf8');
    return elementText(xml, 'Status') === 'Enabled' ? 'enabled' : 'off';
  }
  const failure = toFailure(answer);
  const waiting = worthWaiting(failure, `The bucket ${bucket} could not be looked at`);
  if (waiting !== undefined) return waiting;
  return failure.httpStatus === 404 ? 'missing' : 'forbidden';
}

async function destinationOf(
  place: ProbePlace,
  signal: AbortSignal,
): Promise<DestinationState | 'DstBucketNotFound' | 'DstBucketUnversioned' | Obstacle> {
  const versioning = await versioningOf(place, signal);
  if (typeof versioning === 'object') return versioning;
  if (versioning === 'missing') return 'DstBucketNotFound';
  if (versioning === 'off') return 'DstBucketUnversioned';
  const isVersioned = versioning === 'enabled' ? true : undefined;
  const { s3, bucket } = place;
  const answer = await s3.send({ method: 'GET', bucket, query: { 'object-lock': '' } }, signal);
  const xml = answer.body.toString('utf8');
  if (toOutcome(answer).ok && rootName(xml) === 'ObjectLockConfiguration') {
    return { isVersioned, hasLock: elementText(xml, 'ObjectLockEnabled') === 'Enabled' };
  }
  // Anything but a clear answer leaves it to the store to refuse.
  const isKnown = elementText(xml, 'Code') === 'ObjectLockConfigurationNotFoundError';
  return { isVersioned, hasLock: isKnown ? false : undefined };
}
