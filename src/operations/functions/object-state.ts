/** What HEAD tells of an object, for functions that look before they touch. */
import type { Clock } from '../../base/clock.ts';
import { failed, type FailedOutcome } from '../../model/outcome.ts';
import { type S3, type S3Answer, toOutcome } from '../../s3/index.ts';
import type { ObjectName } from '../copy-source.ts';

export interface ObjectState {
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly size: number;
  /** With its quotes, as conditions want it. */
  readonly etag: string;
  /** Absent where the bucket has no versions, or the store does not say. */
  readonly versionId: string | undefined;
  readonly storageClass: string;
}

export function queryOfVersion(versionId: string | undefined): Readonly<Record<string, string>> {
  return versionId === undefined ? {} : { versionId };
}

export function head(s3: S3, object: ObjectName): Promise<S3Answer> {
  const { bucket, key, versionId } = object;
  return s3.send({ method: 'HEAD', bucket, key, query: queryOfVersion(versionId) });
}

/** The state, or the failure that the store answered. */
export async function stateOf(s3: S3, object: ObjectName): Promise<ObjectState | FailedOutcome> {
  const answer = await head(s3, object);
  const outcome = toOutcome(answer);
  if (outcome.ok) return stateOfHeaders(answer.headers);
  return outcome.code === 'NotFound' ? missing(object) : outcome;
}

/** HEAD has no room for the code that GET would answer. */
function missing({ versionId }: ObjectName): FailedOutcome {
  return versionId === undefined
    ? failed(404, 'NoSuchKey', 'The specified key does not exist.')
    : failed(404, 'NoSuchVersion', 'The specified version does not exist.');
}

export function isState(found: ObjectState | FailedOutcome): found is ObjectState {
  return 'headers' in found;
}

export function stateOfHeaders(headers: Readonly<Record<string, string>>): ObjectState {
  return {
    headers,
    size: Number(headers['content-length'] ?? Number.NaN),
    etag: headers['etag'] ?? '',
    versionId: headers['x-amz-version-id'],
    storageClass: headers['x-amz-storage-class'] ?? 'STANDARD',
  };
}

/** Held, or retained into the future: its version cannot be deleted for now. */
export function isLocked({ headers }: ObjectState, clock: Clock): boolean {
  const until = Date.parse(headers['x-amz-object-lock-retain-until-date'] ?? '');
  return headers['x-amz-object-lock-legal-hold'] === 'ON' || until > clock.now();
}

const ARCHIVES = ['GLACIER', 'DEEP_ARCHIVE'];

/** Its bytes cannot be read before a restore. */
export function isArchived({ headers, storageClass }: ObjectState): boolean {
  const isAway = ARCHIVES.includes(storageClass) || headers['x-amz-archive-status'] !== undefined;
  return isAway && !(headers['x-amz-restore'] ?? '').includes('ongoing-request="false"');
}

/** Both texts name one version, where `null` and no name at all are the version without one. */
export function isSameVersion(one: string | undefined, other: string | undefined): boolean {
  return (one ?? 'null') === (other ?? 'null');
}
