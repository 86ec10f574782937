/**
 * UpdateObjectEncryption: another key for a version that is encrypted, and nothing else about it
 * changes. Only towards SSE-KMS (guide: updating server-side encryption for existing objects).
 */
import { ObjectEncryption$ } from '@aws-sdk/client-s3';
import type { SSEKMSEncryption } from '@aws-sdk/client-s3';
import type { Answer, Exchange } from '../call.ts';
import { encryptionText, SSE } from '../encryption.ts';
import { S3Error } from '../errors.ts';
import { isLocked } from '../lock.ts';
import { parseRecord, versionHeader } from '../object-headers.ts';
import type { VersionRow } from '../storage/versions.ts';
import { readXml } from '../wire.ts';

const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:(\d{12}):key\/[\w-]+$/;
const SUPPORTED = 'Only source objects encrypted with SSE-S3 or SSE-KMS are supported.';

export async function updateObjectEncryption(exchange: Exchange): Promise<Answer> {
  const document = await exchange.body.vouchedDocument();
  const { storage } = exchange;
  const encryption = requestedEncryption(exchange, document);
  const row = storage.write(() => {
    const row = exchange.target();
    refuseUnsupported(row);
    if (isLocked(row, exchange.sandbox.clock.now())) {
      throw new S3Error('AccessDenied', {
        message:
          "The encryption type for the specified object can't be updated because that object is protected by S3 Object Lock.",
      });
    }
    storage.versions.set(row, 'encryption', encryption);
    return row;
  });
  return { status: 200, headers: versionHeader(exchange.bucket, row.versionId) };
}

function requestedEncryption({ bucket }: Exchange, document: Buffer): string {
  interface Requested {
    readonly SSEKMS: SSEKMSEncryption;
  }
  const given = readXml<Requested>(ObjectEncryption$, 'ObjectEncryption', document).SSEKMS;
  if (given === undefined) {
    throw invalid(
      'Requests that modify an object encryption configuration require a valid new encryption type. Valid values are SSEKMS.',
    );
  }
  const owner = KEY_ARN.exec(given.KMSKeyArn ?? '')?.[1];
  if (owner === undefined) {
    throw invalid(
      "Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS key Amazon Resource Name (ARN).",
    );
  }
  if (owner !== bucket.owner) {
    throw new S3Error('AccessDenied', {
      message: 'The AWS KMS key in the request must be owned by the same account as the bucket.',
    });
  }
  const { KMSKeyArn: key, BucketKeyEnabled: hasBucketKey } = given;
  return encryptionText({ algorithm: 'aws:kms', key, hasBucketKey });
}

function invalid(message: string): S3Error {
  return new S3Error('InvalidRequest', { message });
}

function refuseUnsupported(row: VersionRow): void {
  const algorithm = parseRecord(row.encryption)[SSE];
  if (algorithm === 'AES256' || algorithm === 'aws:kms') return;
  const what =
    algorithm === undefined
      ? 'unencrypted source objects'
      : 'source objects with the encryption type DSSE-KMS or SSE-C';
  throw invalid(`The UpdateObjectEncryption operation doesn't support ${what}. ${SUPPORTED}`);
}
