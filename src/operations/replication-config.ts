/**
 * A bucket's replication configuration, in both of its versions: V1 has a Prefix per rule, V2 a
 * Filter and a Priority. What belongs to live replication only (replication time, metrics,
 * modifications of replicas) is not looked at, nor is ExistingObjectReplication: AWS says that it
 * is no longer supported and that batch replication is what replicates existing objects.
 */
import type { S3Tag } from '@aws-sdk/client-s3-control';
import { elements, elementText, rootName } from '../s3/index.ts';
import { bucketOfArn } from './copy-check.ts';

export interface Destination {
  readonly bucket: string;
  /** Absent: that of the source. */
  readonly storageClass: string | undefined;
  /** The destination's owner is to own the replica. */
  readonly isOwnerOverridden: boolean;
  readonly kmsKeyId: string | undefined;
}

export interface ReplicationRule {
  readonly id: string;
  readonly priority: number;
  readonly prefix: string;
  /** All of them must be on the object. */
  readonly tags: readonly S3Tag[];
  readonly withDeleteMarkers: boolean;
  /** Also objects that are encrypted with KMS. */
  readonly withKms: boolean;
  readonly destination: Destination;
}

/** The enabled rules. Undefined: this is no replication configuration. */
export function readReplication(xml: string): readonly ReplicationRule[] | undefined {
  if (rootName(xml) !== 'ReplicationConfiguration') return undefined;
  return elements(xml, 'Rule').flatMap((rule) => readRule(rule) ?? []);
}

function readRule(xml: string): ReplicationRule | undefined {
  const destination = inner(xml, 'Destination');
  const bucket = bucketOfArn(elementText(destination, 'Bucket'));
  const own = withoutParts(xml);
  if (bucket === undefined || elementText(own, 'Status') !== 'Enabled') return undefined;
  const isV2 = /<Filter[\s/>]/.test(xml);
  const filter = inner(xml, 'Filter');
  const tags = elements(filter, 'Tag').map((tag) => ({
    Key: elementText(tag, 'Key') ?? '',
    Value: elementText(tag, 'Value') ?? '',
  }));
  const isMarkersOn = elementText(inner(xml, 'DeleteMarkerReplication'), 'Status') === 'Enabled';
  const kms = inner(inner(xml, 'SourceSelectionCriteria'), 'SseKmsEncryptedObjects');
  return {
    id: elementText(own, 'ID') ?? '',
    priority: Number(elementText(own, 'Priority') ?? 0),
    prefix: elementText(isV2 ? filter : own, 'Prefix') ?? '',
    tags,
    // AWS: V1 replicates them always, V2 when it is told to, rules by tags never.
    withDeleteMarkers: tags.length === 0 && (isMarkersOn || !isV2),
    withKms: elementText(kms, 'Status') === 'Enabled',
    destination: {
      bucket,
      storageClass: elementText(destination, 'StorageClass') || undefined,
      isOwnerOverridden:
        elementText(inner(destination, 'AccessControlTranslation'), 'Owner') === 'Destination',
      kmsKeyId: elementText(inner(destination, 'EncryptionConfiguration'), 'ReplicaKmsKeyID'),
    },
  };
}

/** What stands inside the first element of that name, raw. */
function inner(xml: string, name: string): string {
  return elements(xml, name)[0] ?? '';
}

const PARTS = [
  'Filter',
  'Destination',
  'DeleteMarkerReplication',
  'ExistingObjectReplication',
  'SourceSelectionCriteria',
];

/** A rule's own elements: its parts have a Status and a Prefix as well. */
function withoutParts(xml: string): string {
  let own = xml;
  for (const part of PARTS) own = own.replace(new RegExp(`<${part}>.*?</${part}>`, 's'), '');
  return own;
}

export interface ObjectToReplicate {
  readonly key: string;
  /** Undefined where no rule asks for tags. */
  readonly tags: readonly S3Tag[] | undefined;
  readonly isMarker: boolean;
  readonly isKms: boolean;
}

/** Every rule that matches; of those with one destination, the one of the highest priority. */
export function matchingRules(
  rules: readonly ReplicationRule[],
  object: ObjectToReplicate,
): readonly ReplicationRule[] {
  const chosen = new Map<string, ReplicationRule>();
  for (const rule of rules) {
    if (!isMatch(rule, object)) continue;
    const rival = chosen.get(rule.destination.bucket);
    if (rival === undefined || rule.priority > rival.priority) {
      chosen.set(rule.destination.bucket, rule);
    }
  }
  return [...chosen.values()];
}

function isMatch(
  rule: ReplicationRule,
  { key, tags, isMarker, isKms }: ObjectToReplicate,
): boolean {
  return (
    key.startsWith(rule.prefix) &&
    (!isMarker || rule.withDeleteMarkers) &&
    (!isKms || rule.withKms) &&
    rule.tags.every((wanted) =>
      tags?.some(({ Key: key, Value: value }) => key === wanted.Key && value === wanted.Value),
    )
  );
}
