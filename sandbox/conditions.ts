/** If-Match and its sisters, for reads, for the sources of copies and for writes. */
import { notImplemented, S3Error } from './errors.ts';
import type { VersionRow } from './storage/versions.ts';

export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifUnmodifiedSince?: string | undefined;
}

/** Which condition the object fails, in the order of RFC 9110, section 13.2.2. */
export function failedCondition(
  row: VersionRow,
  conditions: Conditions,
): 'If-Match' | 'If-Unmodified-Since' | 'If-None-Match' | 'If-Modified-Since' | undefined {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const modified = Math.floor(row.modifiedMs / 1000) * 1000;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, row.etag)) return 'If-Match';
  } else if (ifUnmodifiedSince !== undefined && modified > Date.parse(ifUnmodifiedSince)) {
    return 'If-Unmodified-Since';
  }
  if (ifNoneMatch !== undefined)
    return matches(ifNoneMatch, row.etag) ? 'If-None-Match' : undefined;
  const unmodified = ifModifiedSince !== undefined && modified <= Date.parse(ifModifiedSince);
  return unmodified ? 'If-Modified-Since' : undefined;
}

/** Whether a list of entity tags, or `*`, names this one. */
export function matches(list: string, etag: string): boolean {
  if (list.trim() === '*') return true;
  return list.split(',').some((tag) => tag.trim().replace(/^W\//, '').replace(/"/g, '') === etag);
}

/**
 * Refuses a write whose conditions the current object does not meet; to be asked in the
 * transaction that writes.
 */
export function refuseFailedWrite(
  current: VersionRow | undefined,
  conditions: Pick<Conditions, 'ifMatch' | 'ifNoneMatch'>,
): void {
  const { ifMatch, ifNoneMatch } = conditions;
  const exists = current !== undefined && current.marker === 0;
  // S3 knows no entity tag here: "creates only" is all that If-None-Match can say.
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') {
    throw notImplemented('If-None-Match with an entity tag on a write');
  }
  if (ifNoneMatch !== undefined && exists) throw preconditionFailed('If-None-Match');
  if (ifMatch === undefined) return;
  if (!exists) throw new S3Error('NoSuchKey');
  if (!matches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
}

export function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { elements: { Condition: condition } });
}
