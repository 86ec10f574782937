/**
 * Replication of a bucket: its configuration is checked and kept. The sandbox replicates nothing by
 * itself, so that whoever replicates by this configuration has it alone to himself.
 */
import { ReplicationConfiguration$ } from '@aws-sdk/client-s3';
import type { ReplicationConfiguration, ReplicationRule } from '@aws-sdk/client-s3';
import type { Answer, Exchange } from '../call.ts';
import { S3Error } from '../errors.ts';
import { oneOf, readXml, writeXml } from '../wire.ts';

const RULES_MAX = 1000;
const ID_CHARS_MAX = 255;

export async function putBucketReplication(exchange: Exchange): Promise<Answer> {
  const document = await exchange.body.vouchedDocument();
  const root = 'ReplicationConfiguration';
  const given = readXml<ReplicationConfiguration>(ReplicationConfiguration$, root, document);
  const { Role: role, Rules: rules = [] } = given;
  if (role === undefined || rules.length === 0 || rules.length > RULES_MAX) {
    throw new S3Error('MalformedXML');
  }
  const replication = { Role: role, Rules: rules.map((rule) => checkedRule(exchange, rule)) };
  refuseDuplicates(replication.Rules);
  const { storage } = exchange;
  storage.write(() => {
    const bucket = exchange.bucketNow;
    if (bucket.versioning !== 'Enabled') {
      throw invalid(
        "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
      );
    }
    for (const { Destination: destination } of replication.Rules) {
      refuseBadDestination(exchange, destination?.Bucket ?? '');
    }
    storage.buckets.update(bucket, { settings: { ...bucket.settings, replication } });
  });
  return { status: 200 };
}

function invalid(message: string): S3Error {
  return new S3Error('InvalidRequest', { message });
}

/** A rule by prefix is of the first version of the configuration, one with a filter of the second. */
function checkedRule({ sandbox }: Exchange, rule: ReplicationRule): ReplicationRule {
  const { ID: id, Filter: filter, Prefix: prefix, Destination: destination } = rule;
  oneOf(rule.Status, ['Enabled', 'Disabled']);
  if (destination?.Bucket === undefined) throw new S3Error('MalformedXML');
  if ((filter === undefined) === (prefix === undefined)) throw new S3Error('MalformedXML');
  if (id !== undefined && id.length > ID_CHARS_MAX) throw new S3Error('MalformedXML');
  if (filter !== undefined) {
    if (rule.Priority === undefined) throw missingInVersion2('Priority');
    if (rule.DeleteMarkerReplication === undefined) {
      throw missingInVersion2('DeleteMarkerReplication');
    }
  }
  // S3 gives an id to a rule that comes without.
  return id === undefined || id === '' ? { ...rule, ID: sandbox.random.hex(24) } : rule;
}

function missingInVersion2(member: string): S3Error {
  return invalid(
    `${member} must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.`,
  );
}

function refuseDuplicates(rules: readonly ReplicationRule[]): void {
  if (new Set(rules.map((rule) => rule.ID)).size < rules.length) {
    throw new S3Error('InvalidArgument', {
      message: 'Rule Id must be unique. Found same Id for more than one rule',
    });
  }
}

function refuseBadDestination({ storage }: Exchange, arn: string): void {
  const name = /^arn:aws[a-z-]*:s3:::([^/]+)$/.exec(arn)?.[1];
  if (name === undefined) {
    throw new S3Error('InvalidArgument', { message: 'Invalid bucket ARN.' });
  }
  const bucket = storage.buckets.find(name);
  if (bucket === undefined) throw invalid('Destination bucket must exist.');
  if (bucket.versioning !== 'Enabled') {
    throw invalid('Destination bucket must have versioning enabled.');
  }
}

export function getBucketReplication({ bucket }: Exchange): Answer {
  const { replication } = bucket.settings;
  if (replication === undefined) {
    const elements = { BucketName: bucket.name };
    throw new S3Error('ReplicationConfigurationNotFoundError', { elements });
  }
  return { status: 200, body: writeXml(ReplicationConfiguration$, replication) };
}

export function deleteBucketReplication(exchange: Exchange): Answer {
  const { storage } = exchange;
  storage.write(() => {
    const bucket = exchange.bucketNow;
    const { replication: _removed, ...settings } = bucket.settings;
    storage.buckets.update(bucket, { settings });
  });
  return { status: 204 };
}
