/** Versioning of a bucket. */
import { GetBucketVersioningOutput$, VersioningConfiguration$ } from '@aws-sdk/client-s3';
import type { VersioningConfiguration } from '@aws-sdk/client-s3';
import type { Answer, Exchange } from '../call.ts';
import { notImplemented, S3Error } from '../errors.ts';
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
  storage.write(() => storage.buckets.update(exchange.bucketNow, { versioning: status }));
  return { status: 200 };
}

export function getBucketVersioning({ bucket }: Exchange): Answer {
  const status = bucket.versioning;
  const body = writeXml(GetBucketVersioningOutput$, status === '' ? {} : { Status: status });
  return { status: 200, body };
}
