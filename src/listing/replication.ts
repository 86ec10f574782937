/**
 * Which objects a bucket's replication configuration is about.
 *
 * An object is eligible when an enabled rule matches its key and tags. Delete markers never are, and
 * neither is what lies in an archive (GLACIER, DEEP_ARCHIVE), which cannot be read for copying. How
 * an object is encrypted is not looked at: its task says if the rules leave it out.
 */
import { failed } from '../model/outcome.ts';
import {
  elements,
  elementText,
  type S3Answer,
  type S3Request,
  toOutcome,
  toOutcomeOfResult,
} from '../s3/index.ts';
import type { ListedObject, ListPlan, Read } from './pages.ts';

interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface ReplicationRule {
  readonly prefix: string;
  /** All of them must be on the object. */
  readonly tags: readonly Tag[];
}

const ARCHIVES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** The enabled rules of a GetBucketReplication answer. */
export function readRules(answer: S3Answer): Read<readonly ReplicationRule[]> {
  const outcome = toOutcomeOfResult(answer, 'ReplicationConfiguration');
  if (!outcome.ok) return outcome;
  const rules = elements(answer.body.toString('utf8'), 'Rule')
    .filter((rule) => elementText(rule, 'Status') === 'Enabled')
    // The prefix stands in the rule, in its filter, or in the filter's And: once in any case.
    .map((rule) => ({ prefix: elementText(rule, 'Prefix') ?? '', tags: tagsIn(rule) }));
  return { ok: true, value: rules };
}

/** True and false are final; 'tags' depends on what the object's tags are. */
export function isEligible(
  { key, storageClass }: ListedObject,
  rules: readonly ReplicationRule[],
): boolean | 'tags' {
  if (ARCHIVES.has(storageClass)) return false;
  const matching = rules.filter(({ prefix }) => key.startsWith(prefix));
  if (matching.some(({ tags }) => tags.length === 0)) return true;
  return matching.length > 0 && 'tags';
}

export function hasTagsOfRule(
  { key }: ListedObject,
  tags: readonly Tag[],
  rules: readonly ReplicationRule[],
): boolean {
  const values = new Map(tags.map((tag) => [tag.key, tag.value]));
  return rules.some(
    (rule) =>
      key.startsWith(rule.prefix) && rule.tags.every((tag) => values.get(tag.key) === tag.value),
  );
}

export function taggingRequest(plan: ListPlan, { key, versionId }: ListedObject): S3Request {
  const query = { tagging: '', ...(versionId === undefined ? {} : { versionId }) };
  return { method: 'GET', bucket: plan.bucket, key, query, headers: plan.headers };
}

/** Undefined: the object has gone since it was listed. */
export function readTags(answer: S3Answer): Read<readonly Tag[] | undefined> {
  if (answer.status === 404) return { ok: true, value: undefined };
  const outcome = toOutcome(answer);
  if (!outcome.ok) return outcome;
  const xml = answer.body.toString('utf8');
  if (!xml.includes('TagSet')) return failed(answer.status, 'InternalError', 'No tags.', 'later');
  return { ok: true, value: tagsIn(xml) };
}

function tagsIn(xml: string): Tag[] {
  return elements(xml, 'Tag').map((tag) => ({
    key: elementText(tag, 'Key') ?? '',
    value: elementText(tag, 'Value') ?? '',
  }));
}
