/**
 * What a generator takes of a bucket: which calls list it, what is asked of each object, who passes.
 *
 * I1. Objects are judged as they are when they are seen; what changes later changes no list.
 * I2. Without EligibleForReplication only current objects are taken; with it, all versions that are
 *     no delete markers. Where the bucket keeps versions, each is named by its id.
 * I3. An object that cannot be judged fails the listing; it is neither taken nor left out silently.
 */
import type { JobManifestGeneratorFilter } from '@aws-sdk/client-s3-control';
import { failed } from '../model/outcome.ts';
import { elementText, type S3Answer, toFailure, toOutcome } from '../s3/index.ts';
import { bothPrefixes, compileFilter, outermost } from './filter.ts';
import { type Ask, ListingFailed } from './lister.ts';
import { headRequest, type ObjectFacts, readFacts } from './object-facts.ts';
import type { ListedObject, ListPlan, Read } from './pages.ts';
import {
  hasTagsOfRule,
  isEligible,
  readRules,
  readTags,
  type ReplicationRule,
  taggingRequest,
} from './replication.ts';

export interface SelectionRequest {
  readonly bucket: string;
  /** Twelve digits; every request asks the store to check it. */
  readonly expectedBucketOwner?: string | undefined;
  readonly filter: JobManifestGeneratorFilter;
  readonly ask: Ask;
}

export interface SelectedObject extends ListedObject {
  /** When something had to be asked. */
  readonly facts?: ObjectFacts;
}

export interface Selection {
  readonly plan: ListPlan;
  readonly prefixes: readonly string[];
  /** Facts are known of every object that is taken. */
  readonly hasFacts: boolean;
  /** Those of a page that pass, in its order. Throws ListingFailed. */
  select(objects: readonly ListedObject[], signal: AbortSignal): Promise<SelectedObject[]>;
}

/** The bucket belongs to another account than the job says. */
export class WrongBucketOwner extends Error {
  override readonly name = 'WrongBucketOwner';
}

/** Requests about objects of one page in flight; pages are several. */
const ASKED_AT_ONCE = 16;

/** Asks the bucket what has to be known first. Throws ListingFailed and WrongBucketOwner. */
export async function openSelection(
  { bucket, expectedBucketOwner, filter, ask }: SelectionRequest,
  signal: AbortSignal,
): Promise<Selection> {
  const headers: Record<string, string> =
    expectedBucketOwner === undefined ? {} : { 'x-amz-expected-bucket-owner': expectedBucketOwner };
  const target = { method: 'GET', bucket, headers } as const;
  const versioning = await ask({ ...target, query: { versioning: '' } }, readVersioning, signal);
  if (!versioning.ok) {
    if (await isWrongOwner(bucket, headers, ask, signal)) {
      throw new WrongBucketOwner(`The bucket ${bucket} does not belong to ${expectedBucketOwner}.`);
    }
    throw new ListingFailed(versioning);
  }
  const compiled = compileFilter(filter);
  const plan = { bucket, versions: versioning.value, headers };
  // False is taken like absent: a filter for what is not eligible is unheard of (unverified).
  const rules = filter.EligibleForReplication
    ? valueOf(await ask({ ...target, query: { replication: '' } }, readRules, signal))
    : undefined;
  const prefixes = rules
    ? bothPrefixes(compiled.prefixes, outermost(rules.map(({ prefix }) => prefix)))
    : compiled.prefixes;

  const isTaken = async (object: ListedObject, among: AbortSignal): Promise<boolean> => {
    const eligible = rules === undefined || isEligible(object, rules);
    return eligible === 'tags' ? hasTags(object, rules ?? [], among) : eligible;
  };
  const hasTags = async (
    object: ListedObject,
    all: readonly ReplicationRule[],
    among: AbortSignal,
  ): Promise<boolean> => {
    const tags = valueOf(await ask(taggingRequest(plan, object), readTags, among));
    return tags !== undefined && hasTagsOfRule(object, tags, all);
  };
  const judge = async (
    object: ListedObject,
    among: AbortSignal,
  ): Promise<SelectedObject | undefined> => {
    if (!(await isTaken(object, among))) return undefined;
    if (!compiled.passesWith) return object;
    const facts = valueOf(await ask(headRequest(plan, object), readFacts, among));
    return facts && compiled.passesWith(facts) ? { ...object, facts } : undefined;
  };
  const isListed = (object: ListedObject): boolean =>
    (rules !== undefined || object.isLatest) && compiled.passes(object); // I2
  return {
    plan,
    prefixes,
    hasFacts: compiled.passesWith !== undefined,
    async select(objects, among) {
      const listed = objects.filter(isListed);
      if (rules === undefined && !compiled.passesWith) return listed;
      return judged(listed, (object) => judge(object, among));
    },
  };
}

/** Whether the owner's id alone is what the store refuses. */
export async function isWrongOwner(
  bucket: string,
  headers: Readonly<Record<string, string>>,
  ask: Ask,
  signal: AbortSignal,
): Promise<boolean> {
  if (!('x-amz-expected-bucket-owner' in headers)) return false;
  const head = { method: 'HEAD', bucket } as const;
  const withOwner = await ask({ ...head, headers }, readNothing, signal);
  if (withOwner.ok || withOwner.httpStatus !== 403) return false;
  return (await ask(head, readNothing, signal)).ok;
}

/** A few at once, in the order they came in. */
async function judged(
  objects: readonly ListedObject[],
  judge: (object: ListedObject) => Promise<SelectedObject | undefined>,
): Promise<SelectedObject[]> {
  const found = new Array<SelectedObject | undefined>(objects.length);
  const queue = objects.entries();
  const lane = async (): Promise<void> => {
    for (const [index, object] of queue) found[index] = await judge(object);
  };
  await Promise.all(Array.from({ length: Math.min(ASKED_AT_ONCE, objects.length) }, lane));
  return found.filter((object) => object !== undefined);
}

/** A store that does not know the call keeps no versions. */
function readVersioning(answer: S3Answer): Read<boolean> {
  if (answer.status === 501 || answer.status === 405) return { ok: true, value: false };
  const outcome = toOutcome(answer);
  if (!outcome.ok) return outcome;
  const xml = answer.body.toString('utf8');
  if (!xml.includes('VersioningConfiguration')) {
    return failed(answer.status, 'InternalError', 'No versioning configuration.', 'later');
  }
  return { ok: true, value: ['Enabled', 'Suspended'].includes(elementText(xml, 'Status') ?? '') };
}

function readNothing(answer: S3Answer): Read<undefined> {
  return toOutcome(answer).ok ? { ok: true, value: undefined } : toFailure(answer);
}

function valueOf<T>(read: Read<T>): T {
  if (!read.ok) throw new ListingFailed(read);
  return read.value;
}
