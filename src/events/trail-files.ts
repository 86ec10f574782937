/** Names and bytes of CloudTrail's files: log files and digests, as its readers expect them. Pure. */
import { createHash, createSign, type KeyObject } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { PlannedDigest, WrittenDigest } from './memory.ts';
import { secondOf, type TrailRecord } from './trail-record.ts';

/** Where a trail's files are. */
export interface TrailPlace {
  readonly bucket: string;
  /** Without a slash at its ends; empty: none. */
  readonly prefix: string;
  readonly account: string;
  readonly region: string;
  /** The name of the sink. */
  readonly trail: string;
}

export interface TrailFile {
  readonly key: string;
  /** Before compression. */
  readonly text: string;
  readonly hash: string;
  readonly body: Buffer;
}

export const LOG_HEADERS = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
export const SIGNATURE_ALGORITHM = 'SHA256withRSA';
const HASH_ALGORITHM = 'SHA-256';

/** The same records make the same file: who writes them twice writes over what was there. */
export function logFile(place: TrailPlace, records: readonly TrailRecord[], at: number): TrailFile {
  const { account, region } = place;
  const text = JSON.stringify({ Records: records });
  const hash = sha256(text);
  const unique = hash.slice(0, 16);
  const minute = stamp(at).replace(/\d\dZ$/, 'Z');
  const name = `${account}_CloudTrail_${region}_${minute}_${unique}.json.gz`;
  return { key: `${folder(place, 'CloudTrail', at)}/${name}`, text, hash, body: gzipSync(text) };
}

export interface Digest extends TrailFile {
  readonly signature: string;
}

/** Made from nothing but what it is given: who makes it twice makes the same. */
export function digestFile(
  place: TrailPlace,
  planned: PlannedDigest,
  previous: WrittenDigest | undefined,
  key: SigningKey,
): Digest {
  const { account, region, trail, bucket } = place;
  const { startAt, endAt, files } = planned;
  const name = `${account}_CloudTrail-Digest_${region}_${trail}_${region}_${stamp(endAt)}.json.gz`;
  const objectKey = `${folder(place, 'CloudTrail-Digest', endAt)}/${name}`;
  const content = {
    awsAccountId: account,
    digestStartTime: secondOf(startAt),
    digestEndTime: secondOf(endAt),
    digestS3Bucket: bucket,
    digestS3Object: objectKey,
    digestPublicKeyFingerprint: key.fingerprint,
    digestSignatureAlgorithm: SIGNATURE_ALGORITHM,
    newestEventTime:
      files
        .map(({ newest }) => newest)
        .sort()
        .at(-1) ?? null,
    oldestEventTime: files.map(({ oldest }) => oldest).sort()[0] ?? null,
    previousDigestS3Bucket: previous ? bucket : null,
    previousDigestS3Object: previous?.key ?? null,
    previousDigestHashValue: previous?.hash ?? null,
    previousDigestHashAlgorithm: previous ? HASH_ALGORITHM : null,
    previousDigestSignature: previous?.signature ?? null,
    logFiles: files.map((file) => ({
      s3Bucket: bucket,
      s3Object: file.key,
      hashValue: file.hash,
      hashAlgorithm: HASH_ALGORITHM,
      newestEventTime: file.newest,
      oldestEventTime: file.oldest,
    })),
  };
  const text = JSON.stringify(content);
  const hash = sha256(text);
  const signed = textToSign(content, hash);
  const signature = createSign('RSA-SHA256').update(signed).sign(key.privateKey, 'hex');
  return { key: objectKey, text, hash, body: gzipSync(text), signature };
}

/** What a digest's signature is over. */
export function textToSign(
  digest: {
    readonly digestEndTime: string;
    readonly digestS3Bucket: string;
    readonly digestS3Object: string;
    readonly previousDigestSignature: string | null;
  },
  hash: string,
): string {
  const { digestEndTime, digestS3Bucket, digestS3Object, previousDigestSignature } = digest;
  return `${digestEndTime}\n${digestS3Bucket}/${digestS3Object}\n${hash}\n${previousDigestSignature ?? 'null'}`;
}

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** MD5 of the public key's PKCS #1 DER, hex, as CloudTrail names its keys. */
  readonly fingerprint: string;
}

export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

export function digestPrefix({ prefix, account, region }: Omit<TrailPlace, 'bucket' | 'trail'>) {
  return `${prefix === '' ? '' : `${prefix}/`}AWSLogs/${account}/CloudTrail-Digest/${region}/`;
}

function folder({ prefix, account, region }: TrailPlace, kind: string, at: number): string {
  const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${prefix === '' ? '' : `${prefix}/`}AWSLogs/${account}/${kind}/${region}/${day}`;
}

/** 20260101T000000Z */
function stamp(at: number): string {
  return secondOf(at).replace(/[-:]/g, '');
}
