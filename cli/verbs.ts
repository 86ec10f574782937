/** One verb for each operation, with the options that it takes: for `run` and for `jobs create`. */
import type { JobOperation } from '@aws-sdk/client-s3-control';
import { UsageError, type Given, type Options } from './command.ts';
import { readS3Url } from './s3-url.ts';
import { CHECKSUM_ALGORITHMS, STORAGE_CLASSES } from '../src/model/vocabulary.ts';

export interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly options: Options;
  /** What it is for is in the report and nowhere else. */
  readonly isReport?: true;
  /** Its report must name the owner of its bucket. */
  readonly isOwnerAsked?: true;
  /** Options that say s3://bucket/prefix, of a bucket that must be there. */
  readonly namesBuckets?: readonly string[];
  /** What follows the verb in an example. */
  readonly example: string;
  /** Members of CreateJob's Operation, as JSON. */
  operation(given: Given): JobOperation;
  /** Job tags that the operation needs beside it. */
  readonly tags?: (given: Given) => readonly { readonly Key: string; readonly Value: string }[];
}

const CANNED = [
  'private',
  'public-read',
  'public-read-write',
  'aws-exec-read',
  'authenticated-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
] as const;

export const VERBS: readonly Verb[] = [
  {
    name: 'tag',
    summary: 'replaces all tags of every object',
    options: { tag: { value: 'KEY=VALUE', help: 'a tag', isMany: true } },
    example: '--tag project=blue',
    operation: (given) => ({ S3PutObjectTagging: { TagSet: needed(given.pairs('tag'), 'tag') } }),
  },
  {
    name: 'untag',
    summary: 'removes all tags of every object',
    options: {},
    example: '',
    operation: () => ({ S3DeleteObjectTagging: {} }),
  },
  {
    name: 'merge-tags',
    summary: 'adds, replaces and removes single tags, and leaves the others',
    options: {
      set: { value: 'KEY=VALUE', help: 'a tag to add or replace', isMany: true },
      remove: { value: 'KEY', help: 'a tag to remove', isMany: true },
    },
    example: '--set project=blue --remove draft',
    operation(given) {
      const set = given.pairs('set').map(({ Key, Value }) => `${encoded(Key)}=${encoded(Value)}`);
      const remove = given.many('remove').map(encoded);
      needed([...set, ...remove], 'set or --remove');
      return builtIn('merge-tags', { set: set.join('&'), remove: remove.join('&') });
    },
  },
  {
    name: 'acl',
    summary: 'gives every object a canned ACL',
    options: { canned: { value: 'ACL', help: 'the ACL', choices: CANNED } },
    example: '--canned private',
    operation: (given) => ({
      S3PutObjectAcl: {
        AccessControlPolicy: { CannedAccessControlList: oneOf(given, 'canned', CANNED) },
      },
    }),
  },
  {
    name: 'copy',
    summary: 'copies every object to a bucket, under its own key or below a prefix',
    options: {
      to: { value: 's3://BUCKET/PREFIX', help: 'where to' },
      'storage-class': { value: 'CLASS', help: 'of the copies', choices: STORAGE_CLASSES },
      'canned-acl': { value: 'ACL', help: 'of the copies', choices: CANNED },
      'copy-tag': {
        value: 'KEY=VALUE',
        help: 'a tag of the copies, instead of their own',
        isMany: true,
      },
    },
    namesBuckets: ['to'],
    example: '--to s3://backup/2026/',
    operation: copyOf,
  },
  {
    name: 'rename',
    summary: 'moves every object to another key of its bucket',
    options: {
      key: {
        value: 'TEMPLATE',
        help: 'the new key; {key}, {prefix}, {name}, {stem} and {ext} are parts of the old one',
      },
      from: { value: 'REGEXP', help: 'instead of --key: what to replace in the old key' },
      to: { value: 'TEXT', help: 'with what; $1 is a group' },
      overwrite: { help: 'replaces objects that have the new key' },
    },
    example: "--key 'archive/{key}'",
    operation(given) {
      const [key, from, to] = ['key', 'from', 'to'].map((name) => given.text(name));
      if (
        (key === undefined) === (from === undefined) ||
        (from === undefined) !== (to === undefined)
      ) {
        throw new UsageError('needs --key, or --from and --to.');
      }
      return builtIn('rename', { key, from, to, overwrite: yes(given, 'overwrite') });
    },
  },
  {
    name: 'delete',
    summary: 'deletes every object, or the versions that the list names',
    options: {
      yes: { help: 'says that you mean it; not needed for a dry run' },
      'bypass-governance': { help: 'also versions under GOVERNANCE retention' },
    },
    example: '--yes',
    operation(given) {
      if (!given.flag('yes') && !given.flag('dry-run')) {
        throw new UsageError('deletes objects: say --yes, or look first with --dry-run.');
      }
      return builtIn('delete', {
        confirm: 'delete',
        'bypass-governance': yes(given, 'bypass-governance'),
      });
    },
  },
  {
    name: 'storage-class',
    summary: 'changes the storage class of every object, by copying it onto itself',
    options: { class: { value: 'CLASS', help: 'the new class' } },
    example: '--class STANDARD_IA',
    operation: (given) =>
      builtIn('change-storage-class', { 'storage-class': required(given, 'class') }),
  },
  {
    name: 'head',
    summary: 'changes nothing; the report tells size, class, age and encryption of every object',
    options: {},
    isReport: true,
    example: '--report s3://photos/looked-at',
    operation: () => builtIn('head', {}),
  },
  {
    name: 'checksum',
    summary: 'reads every object and reports its checksum',
    options: {
      algorithm: { value: 'NAME', help: 'the algorithm', choices: CHECKSUM_ALGORITHMS },
      type: { value: 'TYPE', help: 'of the checksum', choices: ['FULL_OBJECT', 'COMPOSITE'] },
    },
    isReport: true,
    isOwnerAsked: true,
    example: '--algorithm SHA256 --report s3://photos/checksums',
    operation: (given) => ({
      S3ComputeObjectChecksum: {
        ChecksumAlgorithm: chosen(given, 'algorithm', CHECKSUM_ALGORITHMS),
        ChecksumType: chosen(given, 'type', ['FULL_OBJECT', 'COMPOSITE'] as const),
      },
    }),
  },
  {
    name: 'encrypt',
    summary: 'encrypts every object with a KMS key',
    options: {
      'kms-key': { value: 'ARN', help: 'the key' },
      'bucket-key': { help: 'uses a bucket key' },
      'copy-in-place': {
        help: 'by copying objects onto themselves, where the store has no call for it',
      },
    },
    example:
      '--kms-key arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    operation: (given) => ({
      S3UpdateObjectEncryption: {
        ObjectEncryption: {
          SSEKMS: {
            KMSKeyArn: required(given, 'kms-key'),
            BucketKeyEnabled: given.flag('bucket-key'),
          },
        },
      },
    }),
    tags: (given) =>
      given.flag('copy-in-place') ? [{ Key: 'brigade:encryption', Value: 'copy-in-place' }] : [],
  },
  {
    name: 'retention',
    summary: 'sets how long every object is locked, or takes the lock away',
    options: {
      mode: { value: 'MODE', help: 'of the lock', choices: ['GOVERNANCE', 'COMPLIANCE'] },
      until: { value: 'DATE', help: 'such as 2027-12-31' },
      clear: { help: 'takes the retention away' },
      'bypass-governance': { help: 'shortens or removes GOVERNANCE retention' },
    },
    example: '--mode GOVERNANCE --until 2027-12-31',
    operation(given) {
      const BypassGovernanceRetention = given.flag('bypass-governance');
      if (given.flag('clear')) {
        return { S3PutObjectRetention: { BypassGovernanceRetention, Retention: {} } };
      }
      const RetainUntilDate = given.date('until');
      if (RetainUntilDate === undefined)
        throw new UsageError('needs --mode and --until, or --clear.');
      const Mode = oneOf(given, 'mode', ['GOVERNANCE', 'COMPLIANCE'] as const);
      return {
        S3PutObjectRetention: {
          BypassGovernanceRetention,
          Retention: { Mode, RetainUntilDate: new Date(RetainUntilDate) },
        },
      };
    },
  },
  {
    name: 'legal-hold',
    summary: 'puts every object under a legal hold, or ends it',
    options: { status: { value: 'STATUS', help: 'of the hold', choices: ['ON', 'OFF'] } },
    example: '--status ON',
    operation: (given) => ({
      S3PutObjectLegalHold: {
        LegalHold: { Status: oneOf(given, 'status', ['ON', 'OFF'] as const) },
      },
    }),
  },
  {
    name: 'restore',
    summary: 'asks for temporary copies of archived objects',
    options: {
      days: { value: 'N', help: 'how long the copies are kept' },
      tier: { value: 'TIER', help: 'how fast they come', choices: ['BULK', 'STANDARD'] },
    },
    example: '--days 7 --tier BULK',
    operation: (given) => ({
      S3InitiateRestoreObject: {
        ExpirationInDays: given.whole('days', 1),
        GlacierJobTier: chosen(given, 'tier', ['BULK', 'STANDARD'] as const),
      },
    }),
  },
  {
    name: 'replicate',
    summary: 'copies object versions to where the replication rules of their bucket say',
    options: {},
    example: '',
    operation: () => ({ S3ReplicateObject: {} }),
  },
  {
    name: 'invoke',
    summary: 'hands every object to a function: a module, a URL, or one of AWS Lambda',
    options: {
      function: {
        value: 'NAME',
        help: 'the name or ARN of a function; for brigade run also the path of\na module, or a URL',
      },
      argument: { value: 'KEY=VALUE', help: 'a user argument', isMany: true },
    },
    example: '--function ./examples/functions/count-lines.mjs',
    operation(given) {
      const args = Object.fromEntries(
        given.pairs('argument').map(({ Key, Value }) => [Key, Value]),
      );
      const hasArguments = Object.keys(args).length > 0;
      return {
        LambdaInvoke: {
          FunctionArn: required(given, 'function'),
          ...(hasArguments ? { InvocationSchemaVersion: '2.0', UserArguments: args } : {}),
        },
      };
    },
  },
];

function copyOf(given: Given): JobOperation {
  const { bucket, key: prefix } = readS3Url(required(given, 'to'), 'to');
  const tags = given.pairs('copy-tag');
  return {
    S3PutObjectCopy: {
      TargetResource: `arn:aws:s3:::${bucket}`,
      // S3 Batch Operations puts a slash behind the prefix.
      TargetKeyPrefix: prefix.replace(/\/+$/, '') || undefined,
      StorageClass: chosen(given, 'storage-class', STORAGE_CLASSES),
      CannedAccessControlList: chosen(given, 'canned-acl', CANNED),
      NewObjectTagging: tags.length > 0 ? tags : undefined,
    },
  };
}

function builtIn(name: string, args: Readonly<Record<string, string | undefined>>): JobOperation {
  const given = Object.entries(args).filter((one): one is [string, string] => Boolean(one[1]));
  return {
    LambdaInvoke: {
      FunctionArn: `brigade-${name}`,
      InvocationSchemaVersion: '2.0',
      ...(given.length > 0 ? { UserArguments: Object.fromEntries(given) } : {}),
    },
  };
}

const encoded = (text: string): string => encodeURIComponent(text);

function yes(given: Given, name: string): string | undefined {
  return given.flag(name) ? 'true' : undefined;
}

function required(given: Given, name: string): string {
  const text = given.text(name);
  if (text) return text;
  throw new UsageError(`needs --${name}.`);
}

function needed<T>(values: T[], name: string): T[] {
  if (values.length > 0) return values;
  throw new UsageError(`needs --${name}.`);
}

function chosen<T extends string>(given: Given, name: string, values: readonly T[]): T | undefined {
  return values.find((value) => value === given.text(name));
}

function oneOf<T extends string>(given: Given, name: string, values: readonly T[]): T {
  const value = chosen(given, name, values);
  if (value !== undefined) return value;
  throw new UsageError(`needs --${name}: ${values.join(', ')}.`);
}
