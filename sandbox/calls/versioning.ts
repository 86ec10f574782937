/** Versioning of a bucket. */
import { GetBucketVersioningOutput$, VersioningConfiguration$ } from '@aws-sdk/client-s3';
import type { VersioningConfiguration } from '@aws-sdk/client-s3';
import type { Answer, Exchange } from '../call.ts';
import { notImplemented, S3Error } from '../errors.ts';
import type { BucketSettings } from '../storage/buckets.ts';
import { readXml, writeXml } from '../wire.ts';

export async function putBucketVersioning(exchange: Exchange): Promise<Answer> {
  const document = await exchange.body.document();
  const root = 'VersioningConfiguration';
  const given = readXml<VersioningConfiguration>(VersioningConfiguration$, root, document);
  const status = given.Status;
  if (status !== 'Enabled' && status !== 'Suspended') {
    throw new S3Error('MalformedXML');
  }
  if (given.MFADelete === 'Enabled') throw notImplemented('MfaDelete');
  const { storage } = exchange;
  storage.write(() => {
    const bucket = exchange.bucketNow;
    if (status === 'Suspended') refuseSuspension(bucket.settings);
    storage.buckets.update(bucket, { versioning: status });
  });
  return { status: 200 };
}

/** Object Lock and replication stand on versions. */
function refuseSuspension({ lock, replication }: BucketSettings): void {
  if (lock === undefined && replication === undefined) return;
  throw new S3Error('InvalidBucketState', {
    message:
      lock === undefined
        ? 'A replication configuration is present on this bucket, so you cannot change the versioning state. To change the versioning state, first delete the replication configuration.'
        : 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
  });
}

export function getBucketVersioning({ bucket }: Exchange): Answer {
  const status = bucket.versioning;
  const body = writeXml(GetBucketVersioningOutput$, status === '' ? {} : { Status: status });
  return { status: 200, body };
}
