/**
 * Whether a trail is as it was written: every digest signed, the chain from the newest to the oldest
 * unbroken, and every log file that a digest names there and unchanged.
 */
import { createVerify, type KeyObject } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { fingerprintOf } from './signing-key.ts';
import { digestPrefix, sha256, textToSign, type TrailPlace } from './trail-files.ts';

/** What is read of a bucket. */
export interface TrailReader {
  /** Keys below a prefix, in order. */
  list(prefix: string): AsyncIterable<string>;
  /** Undefined: there is no such object. `headers` have lowercase names. */
  read(
    key: string,
  ): Promise<
    { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> } | undefined
  >;
}

export interface Verdict {
  readonly digests: number;
  readonly files: number;
  /** Empty: nothing was found to be wrong. */
  readonly problems: readonly string[];
}

interface DigestContent {
  readonly digestEndTime: string;
  readonly digestS3Bucket: string;
  readonly digestS3Object: string;
  readonly digestPublicKeyFingerprint: string;
  readonly previousDigestS3Object: string | null;
  readonly previousDigestHashValue: string | null;
  readonly previousDigestSignature: string | null;
  readonly logFiles: readonly { readonly s3Object: string; readonly hashValue: string }[];
}

export async function verifyTrail(
  place: TrailPlace,
  publicKey: KeyObject,
  reader: TrailReader,
): Promise<Verdict> {
  const problems: string[] = [];
  const names: string[] = [];
  const mark = `_CloudTrail-Digest_${place.region}_${place.trail}_`;
  for await (const key of reader.list(digestPrefix(place))) {
    if (key.includes(mark)) names.push(key);
  }
  const newest = names.sort().at(-1);
  if (newest === undefined) return { digests: 0, files: 0, problems: ['There is no digest.'] };
  const seen = new Set<string>();
  let files = 0;
  let next: { key: string; hash?: string; signature?: string } | undefined = { key: newest };
  while (next !== undefined && !seen.has(next.key)) {
    const { key, hash, signature } = next;
    seen.add(key);
    next = undefined;
    const found = await openDigest(key, publicKey, place, reader);
    if (typeof found === 'string') {
      problems.push(`${key}: ${found}`);
      break;
    }
    const { content } = found;
    if (hash !== undefined && found.hash !== hash) {
      problems.push(`${key}: is another file than the digest after it names.`);
    }
    if (signature !== undefined && found.signature !== signature) {
      problems.push(`${key}: has another signature than the digest after it names.`);
    }
    for (const file of content.logFiles) {
      files++;
      const problem = await checkFile(file.s3Object, file.hashValue, reader);
      if (problem !== undefined) problems.push(`${file.s3Object}: ${problem}`);
    }
    const { previousDigestS3Object: previous } = content;
    if (previous === null) continue;
    next = {
      key: previous,
      hash: content.previousDigestHashValue ?? '',
      signature: content.previousDigestSignature ?? '',
    };
  }
  for (const name of names) {
    if (!seen.has(name)) problems.push(`${name}: is not in the chain of the newest digest.`);
  }
  return { digests: seen.size, files, problems };
}

/** Resolves to what is wrong with it, as a text, or to the digest. */
async function openDigest(
  key: string,
  publicKey: KeyObject,
  place: TrailPlace,
  reader: TrailReader,
): Promise<string | { content: DigestContent; hash: string; signature: string }> {
  const object = await reader.read(key);
  if (object === undefined) return 'is not there.';
  const text = unzip(object.body);
  if (text === undefined) return 'is not a compressed file.';
  let content: DigestContent;
  try {
    // A digest whose signature is right was written by us; what else it may be fails below.
    content = JSON.parse(text.toString('utf8')) as DigestContent;
  } catch {
    return 'is not JSON.';
  }
  if (content.digestS3Bucket !== place.bucket || content.digestS3Object !== key) {
    return 'was moved: it names another place.';
  }
  const fingerprint = fingerprintOf(publicKey);
  if (content.digestPublicKeyFingerprint !== fingerprint) {
    return `was signed with the key ${content.digestPublicKeyFingerprint}, not ${fingerprint}.`;
  }
  const hash = sha256(text);
  const signature = object.headers['x-amz-meta-signature'] ?? '';
  const check = createVerify('RSA-SHA256').update(textToSign(content, hash));
  if (!check.verify(publicKey, signature, 'hex')) return 'its signature is wrong.';
  return { content, hash, signature };
}

async function checkFile(
  key: string,
  hash: string,
  reader: TrailReader,
): Promise<string | undefined> {
  const object = await reader.read(key);
  if (object === undefined) return 'is not there.';
  const text = unzip(object.body);
  if (text === undefined) return 'is not a compressed file.';
  return sha256(text) === hash ? undefined : 'was changed.';
}

function unzip(body: Buffer): Buffer | undefined {
  try {
    return gunzipSync(body);
  } catch {
    return undefined;
  }
}
