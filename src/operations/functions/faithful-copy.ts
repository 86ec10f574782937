/**
 * A copy that keeps what CopyObject leaves out by itself: grants, storage class, encryption, lock,
 * redirect. Metadata and tags follow the source by S3's own directives.
 *
 * I1. What cannot be kept is found out before anything is written, as far as a store tells.
 * I2. The copy counts only when HEAD shows it whole; else the failure says what it lacks, and the
 *     source is as it was.
 */
import type { S3Grant } from '@aws-sdk/client-s3-control';
import { failed, type FailedOutcome } from '../../model/outcome.ts';
import {
  elements,
  elementText,
  type S3,
  type S3Answer,
  toOutcome,
  toOutcomeOfResult,
} from '../../s3/index.ts';
import { encodeComponent, encodePath } from '../../sigv4/index.ts';
import { grantHeaders } from '../acl.ts';
import { unfinished } from '../copied.ts';
import { copyAnySize, type CopyRoom, finish } from '../copy-object.ts';
import { locksOf, type ObjectName } from '../copy-source.ts';
import { xmlBody } from '../task.ts';
import { isState, type ObjectState, queryOfVersion, stateOf } from './object-state.ts';

/** A store reads and writes up to 5 GB before it answers. */
const SILENCE_MS = 15 * 60 * 1000;

/** The job has stopped, and the copy is what could be left out. */
export const STOPPED = failed(0, 'JobStopped', 'The job stopped; the object is as it was', 'later');

export interface CopyOrder {
  readonly room: CopyRoom;
  readonly stopping: AbortSignal;
  /** With its version, unless it must be whatever is current. */
  readonly from: ObjectName;
  readonly state: ObjectState;
  readonly toKey: string;
  readonly storageClass: string;
  /** Locks that are over by then are not kept. */
  readonly nowMs: number;
  /** Conditions on the target. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The state of the copy, or why there is none that could be relied on. */
export async function copyFaithfully(order: CopyOrder): Promise<ObjectState | FailedOutcome> {
  const { from, state, toKey, room, stopping } = order;
  const { s3 } = room.place;
  const acl = await readAcl(s3, from);
  if (!('grants' in acl)) return acl;
  const put = {
    method: 'PUT',
    bucket: from.bucket,
    key: toKey,
    headers: {
      ...keptHeaders(state, order.nowMs),
      ...copyHeaders(order),
      ...grantHeaders(acl.grants),
    },
    silenceMs: SILENCE_MS,
  } as const;
  const copy = locksOf(state.headers, order.nowMs);
  const made = await copyAnySize(room, from, { copy, put }, stopping);
  if (!made.ok) return made;
  const failure = await finish(made.copied, made.after ?? []);
  if (failure !== undefined) return unfinished(failure, 'not all of it could be set');
  const versionId = made.copied.answer.headers['x-amz-version-id'];
  const to = { bucket: from.bucket, key: toKey, ...(versionId === undefined ? {} : { versionId }) };
  const aclProblem = acl.grants.length === 0 ? undefined : await mendAcl(s3, to, acl);
  return aclProblem ?? (await confirmed(s3, to, order));
}

function copyHeaders({ from, state, storageClass, headers }: CopyOrder): Record<string, string> {
  const source = `/${encodeComponent(from.bucket)}/${encodePath(from.key)}`;
  const version =
    from.versionId === undefined ? '' : `?versionId=${encodeComponent(from.versionId)}`;
  return {
    'x-amz-copy-source': source + version,
    // Of the object that was looked at, and of no other.
    'x-amz-copy-source-if-match': state.etag,
    'x-amz-metadata-directive': 'COPY',
    'x-amz-tagging-directive': 'COPY',
    'x-amz-storage-class': storageClass,
    ...headers,
  };
}

/** Of a HEAD's answer, what a copy must be asked for again. */
const ASKED_AGAIN = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-website-redirect-location',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  'x-amz-object-lock-legal-hold',
];

/** What the copy must show as the source does; absent from both is the same as well. */
const SHOWN_ALIKE = [
  'content-length',
  'content-type',
  'content-encoding',
  'content-language',
  'content-disposition',
  'cache-control',
  'expires',
];

const LOCK = 'x-amz-object-lock-';

function keptHeaders({ headers }: ObjectState, nowMs: number): Record<string, string> {
  const kept: Record<string, string> = {};
  // A retention that is over cannot be asked for.
  const isOver = Date.parse(headers[`${LOCK}retain-until-date`] ?? '') <= nowMs;
  for (const name of ASKED_AGAIN) {
    const value = headers[name];
    const isGone = isOver && (name === `${LOCK}mode` || name === `${LOCK}retain-until-date`);
    if (value !== undefined && !isGone) kept[name] = value;
  }
  return kept;
}

/** I2 */
async function confirmed(
  s3: S3,
  to: ObjectName,
  order: CopyOrder,
): Promise<ObjectState | FailedOutcome> {
  const copy = await stateOf(s3, to);
  if (!isState(copy)) {
    const message = `The object was copied, but the copy could not be looked at: ${copy.message}`;
    return { ...copy, message };
  }
  const lack = lackOf(copy, order);
  if (lack === undefined) return copy;
  const message = `The object was copied, but the copy does not show the right ${lack}`;
  return failed(200, 'CopyNotFaithful', message);
}

/** The first thing that a copy does not show as it should. */
export function lackOf(
  copy: ObjectState,
  { state, storageClass, nowMs }: Pick<CopyOrder, 'state' | 'storageClass' | 'nowMs'>,
): string | undefined {
  if (copy.storageClass !== storageClass) return `x-amz-storage-class (${copy.storageClass})`;
  const [tags, tagsOfSource] = [copy, state].map(({ headers }) => headers['x-amz-tagging-count']);
  if (tags !== undefined && tagsOfSource !== undefined && tags !== tagsOfSource) {
    return 'number of tags';
  }
  // The bucket's own defaults may add encryption or a lock.
  const asked = Object.entries(keptHeaders(state, nowMs));
  const unmet = asked.find(([name, value]) => !isSameValue(name, value, copy.headers[name]));
  if (unmet !== undefined) return unmet[0];
  const metadata = Object.keys({ ...state.headers, ...copy.headers }).filter((name) =>
    name.startsWith('x-amz-meta-'),
  );
  return [...SHOWN_ALIKE, ...metadata].find((name) => copy.headers[name] !== state.headers[name]);
}

/** Dates may come back with other digits of their second. */
function isSameValue(name: string, asked: string, shown: string | undefined): boolean {
  if (name !== `${LOCK}retain-until-date`) return asked === shown;
  const seconds = (text: string | undefined): number => Math.floor(Date.parse(text ?? '') / 1000);
  return seconds(asked) === seconds(shown);
}

interface Acl {
  /** Empty: the owner's full control alone, which every new object has. */
  readonly grants: readonly S3Grant[];
  readonly answer: S3Answer | undefined;
}

/** Stores without ACLs, and AWS's buckets that have them switched off, answer these. */
const NO_ACL = ['NotImplemented', 'AccessControlListNotSupported', 'MethodNotAllowed'];

export async function readAcl(
  s3: S3,
  { bucket, key, versionId }: ObjectName,
): Promise<Acl | FailedOutcome> {
  const query = { acl: '', ...queryOfVersion(versionId) };
  const answer = await s3.send({ method: 'GET', bucket, key, query });
  const outcome = toOutcomeOfResult(answer, 'AccessControlPolicy');
  if (!outcome.ok) {
    if (NO_ACL.includes(outcome.code)) return { grants: [], answer: undefined };
    const message = `The object is as it was: its ACL could not be read: ${outcome.message}`;
    return { ...outcome, message };
  }
  const xml = answer.body.toString('utf8');
  const owner = elementText(elements(xml, 'Owner')[0] ?? '', 'ID');
  const grants = elements(xml, 'Grant').map(grantOf);
  const isOwnersAlone = grants.every(
    ({ Grantee: grantee, Permission: permission }) =>
      grantee?.Identifier === owner && permission === 'FULL_CONTROL',
  );
  if (isOwnersAlone) return { grants: [], answer };
  const strange = grants.find(
    ({ Grantee: grantee, Permission: permission }) =>
      !grantee?.Identifier || /["\r\n]/.test(grantee.Identifier) || permission === 'WRITE',
  );
  if (strange === undefined) return { grants, answer };
  const message = 'The object is as it was: its ACL holds a grant that a copy cannot be given';
  return failed(409, 'AclNotCopyable', message); // I1
}

function grantOf(xml: string): S3Grant {
  const text = (name: string): string | undefined => elementText(xml, name);
  const [TypeIdentifier, Identifier] =
    text('URI') === undefined ? (['id', text('ID')] as const) : (['uri', text('URI')] as const);
  // Whatever else a store writes there is no permission that we could ask for.
  const Permission = text('Permission') as S3Grant['Permission'];
  return { Grantee: { TypeIdentifier, Identifier }, Permission };
}

/** Some stores do not read grants on CopyObject: then the ACL of the source is written whole. */
async function mendAcl(s3: S3, to: ObjectName, acl: Acl): Promise<FailedOutcome | undefined> {
  const copied = await readAcl(s3, to);
  if ('grants' in copied && isSameGrants(copied.grants, acl.grants)) return undefined;
  const { bucket, key, versionId } = to;
  const query = { acl: '', ...queryOfVersion(versionId) };
  const body = xmlBody(acl.answer?.body.toString('utf8') ?? '');
  const outcome = toOutcome(await s3.send({ method: 'PUT', bucket, key, query, ...body }));
  if (outcome.ok) return undefined;
  // Another try would find the copy made, and its ACL the one to keep.
  const message = `The object was copied, but the copy has not the ACL of the source: ${outcome.message}`;
  return { ...outcome, message, again: 'never' };
}

function isSameGrants(one: readonly S3Grant[], other: readonly S3Grant[]): boolean {
  const texts = (grants: readonly S3Grant[]): string =>
    grants
      .map(({ Grantee: grantee, Permission: permission }) => `${grantee?.Identifier} ${permission}`)
      .sort()
      .join('\n');
  return texts(one) === texts(other);
}
