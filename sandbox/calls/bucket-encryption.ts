/** How a bucket encrypts what comes without a word about it (see encryption.ts). */
import { ServerSideEncryptionConfiguration$ } from '@aws-sdk/client-s3';
import type { ServerSideEncryptionConfiguration } from '@aws-sdk/client-s3';
import type { Answer, Exchange } from '../call.ts';
import { isKms, SSE_ALGORITHMS } from '../encryption.ts';
import { S3Error } from '../errors.ts';
import { oneOf, readXml, writeXml } from '../wire.ts';

export async function putBucketEncryption(exchange: Exchange): Promise<Answer> {
  const document = await exchange.body.vouchedDocument();
  const root = 'ServerSideEncryptionConfiguration';
  const shape = ServerSideEncryptionConfiguration$;
  const given = readXml<ServerSideEncryptionConfiguration>(shape, root, document);
  const [rule, ...others] = given.Rules ?? [];
  if (rule === undefined || others.length > 0) throw new S3Error('MalformedXML');
  const byDefault = rule.ApplyServerSideEncryptionByDefault;
  if (byDefault !== undefined) {
    const algorithm = oneOf(byDefault.SSEAlgorithm, SSE_ALGORITHMS);
    if (byDefault.KMSMasterKeyID !== undefined && !isKms(algorithm)) {
      throw new S3Error('InvalidArgument', {
        message:
          'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
      });
    }
  }
  const { storage } = exchange;
  storage.write(() => {
    const bucket = exchange.bucketNow;
    const encryption = { Rules: [rule] };
    storage.buckets.update(bucket, { settings: { ...bucket.settings, encryption } });
  });
  return { status: 200 };
}

/** S3 has a default for every bucket today; a sandbox bucket has one when it was given one. */
export function getBucketEncryption({ bucket }: Exchange): Answer {
  const { encryption } = bucket.settings;
  if (encryption === undefined) {
    const elements = { BucketName: bucket.name };
    throw new S3Error('ServerSideEncryptionConfigurationNotFoundError', { elements });
  }
  return { status: 200, body: writeXml(ServerSideEncryptionConfiguration$, encryption) };
}

export function deleteBucketEncryption(exchange: Exchange): Answer {
  const { storage } = exchange;
  storage.write(() => {
    const bucket = exchange.bucketNow;
    const { encryption: _removed, ...settings } = bucket.settings;
    storage.buckets.update(bucket, { settings });
  });
  return { status: 204 };
}
