/**
 * The generator's filters, compiled once per lease into checks without branches about the job.
 *
 * I1. All filters that are given must pass; inside one that lists several values, any of them. AWS
 *     takes one prefix, suffix and substring; several of each are an offer of ours.
 * I2. Sizes and dates are compared strictly, as AWS's words have it ("greater", "after"); that the
 *     boundary itself does not pass is unverified.
 * I3. What a list of keys does not tell (replication status, encryption) is asked per object, and
 *     only of those that everything else lets pass.
 */
import type {
  JobManifestGeneratorFilter,
  ObjectEncryptionFilter,
} from '@aws-sdk/client-s3-control';
import type { ObjectFacts } from './object-facts.ts';
import type { ListedObject } from './pages.ts';

export interface CompiledFilter {
  /** Keys outside of them need not be listed; none is the beginning of another. */
  readonly prefixes: readonly string[];
  readonly passes: (object: ListedObject) => boolean;
  /** Undefined: there is nothing to ask. */
  readonly passesWith: ((facts: ObjectFacts) => boolean) | undefined;
}

type Check<T> = (value: T) => boolean;

export function compileFilter(filter: JobManifestGeneratorFilter): CompiledFilter {
  const { MatchAnyPrefix: prefixes = [''] } = filter.KeyNameConstraint ?? {};
  const facts = factsChecks(filter);
  return {
    prefixes: outermost(prefixes),
    passes: all(listChecks(filter)),
    passesWith: facts.length === 0 ? undefined : all(facts),
  };
}

function listChecks(filter: JobManifestGeneratorFilter): Check<ListedObject>[] {
  const checks: Check<ListedObject>[] = [];
  const { MatchAnyPrefix, MatchAnySuffix, MatchAnySubstring } = filter.KeyNameConstraint ?? {};
  if (MatchAnyPrefix) checks.push(({ key }) => MatchAnyPrefix.some((one) => key.startsWith(one)));
  if (MatchAnySuffix) checks.push(({ key }) => MatchAnySuffix.some((one) => key.endsWith(one)));
  if (MatchAnySubstring)
    checks.push(({ key }) => MatchAnySubstring.some((one) => key.includes(one)));

  const { ObjectSizeGreaterThanBytes: sizeMin, ObjectSizeLessThanBytes: sizeMax } = filter;
  if (sizeMin !== undefined) checks.push(({ size }) => size > sizeMin); // I2
  if (sizeMax !== undefined) checks.push(({ size }) => size < sizeMax);

  const after = filter.CreatedAfter?.getTime();
  const before = filter.CreatedBefore?.getTime();
  if (after !== undefined) checks.push(({ lastModified }) => Date.parse(lastModified) > after);
  if (before !== undefined) checks.push(({ lastModified }) => Date.parse(lastModified) < before);

  const classes = filter.MatchAnyStorageClass;
  if (classes?.length) {
    const wanted = new Set<string>(classes);
    checks.push(({ storageClass }) => wanted.has(storageClass));
  }
  return checks;
}

function factsChecks(filter: JobManifestGeneratorFilter): Check<ObjectFacts>[] {
  const checks: Check<ObjectFacts>[] = [];
  const { ObjectReplicationStatuses: statuses, MatchAnyObjectEncryption: kinds } = filter;
  if (statuses?.length) {
    const wanted = new Set<string>(statuses);
    checks.push(({ replication }) => wanted.has(replication));
  }
  if (kinds?.length) {
    const any = kinds.map(encryptionCheck);
    checks.push((facts) => any.some((check) => check(facts)));
  }
  return checks;
}

function encryptionCheck(filter: ObjectEncryptionFilter): Check<ObjectFacts> {
  const { SSEKMS: kms, DSSEKMS: dsse } = filter;
  if (kms) {
    return ({ encryption, kmsKey, hasBucketKey }) =>
      encryption === 'SSE-KMS' &&
      isKey(kmsKey, kms.KmsKeyArn) &&
      (kms.BucketKeyEnabled === undefined || hasBucketKey === kms.BucketKeyEnabled);
  }
  if (dsse) {
    return ({ encryption, kmsKey }) => encryption === 'DSSE-KMS' && isKey(kmsKey, dsse.KmsKeyArn);
  }
  if (filter.SSES3) return ({ encryption }) => encryption === 'SSE-S3';
  if (filter.SSEC) return ({ encryption }) => encryption === 'SSE-C';
  return ({ encryption }) => encryption === 'NOT-SSE';
}

/** Stores other than AWS name the key by its bare id. */
function isKey(key: string | undefined, wanted: string | undefined): boolean {
  if (wanted === undefined || key === wanted) return true;
  return key !== undefined && !key.startsWith('arn:') && wanted.endsWith(`:key/${key}`);
}

function all<T>(checks: readonly Check<T>[]): Check<T> {
  return (value) => checks.every((check) => check(value));
}

/** Those that no other one is the beginning of. */
export function outermost(prefixes: readonly string[]): string[] {
  const kept: string[] = [];
  for (const prefix of [...prefixes].sort()) {
    if (!kept.some((one) => prefix.startsWith(one))) kept.push(prefix);
  }
  return kept;
}

/** What lies below a prefix of either list. */
export function bothPrefixes(some: readonly string[], others: readonly string[]): string[] {
  const pairs = some.flatMap((one) =>
    others.flatMap((other) => {
      if (one.startsWith(other)) return [one];
      return other.startsWith(one) ? [other] : [];
    }),
  );
  return outermost(pairs);
}
