/** The same rows as one of the lists that a job can name: where they lie, or through staging. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { JobManifest, JobRequest } from '../../src/model/job.ts';
import type { Random } from '../../src/base/random.ts';
import type { FakeS3 } from './fake-s3.ts';

/** More than one: a world has time to break between two of them. */
const FILES_MAX = 12;

export function putList(
  s3: FakeS3,
  name: string,
  keys: readonly string[],
  random: Random,
): Pick<JobRequest, 'Manifest' | 'ManifestGenerator'> {
  const csv = (some: readonly string[]): Buffer =>
    Buffer.from(some.map((key) => `objects,${key}\n`).join(''));
  const kind = random.next();
  if (kind < 0.15) return generator(s3, name, keys);
  if (kind < 0.4) return manifest(s3, `${name}.csv`, csv(keys), CSV);
  if (kind < 0.6) return manifest(s3, `${name}.csv.gz`, gzipSync(csv(keys)), CSV);
  const files: unknown[] = [];
  const perFile = Math.ceil(keys.length / (1 + random.next() * (FILES_MAX - 1)));
  for (let at = 0; at < keys.length; at += perFile) {
    const key = `${name}/data/${at}.csv.gz`;
    const body = gzipSync(csv(keys.slice(at, at + perFile)));
    s3.put(`lists/${key}`, body);
    const MD5checksum = createHash('md5').update(body).digest('hex');
    files.push({ key, size: body.length, MD5checksum });
  }
  const envelope = {
    destinationBucket: 'arn:aws:s3:::lists',
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key',
    files,
  };
  return manifest(s3, `${name}/manifest.json`, Buffer.from(JSON.stringify(envelope)), {
    Format: 'S3InventoryReport_CSV_20161130',
  });
}

const CSV: JobManifest['Spec'] = {
  Format: 'S3BatchOperations_CSV_20180820',
  Fields: ['Bucket', 'Key'],
};

/** The objects themselves are the list. */
function generator(
  s3: FakeS3,
  name: string,
  keys: readonly string[],
): Pick<JobRequest, 'ManifestGenerator'> {
  for (const key of keys) s3.put(`objects/${key}`, Buffer.from(key));
  const S3JobManifestGenerator = {
    SourceBucket: 'arn:aws:s3:::objects',
    Filter: { KeyNameConstraint: { MatchAnyPrefix: [`there/${name}/`, `missing/${name}/`] } },
    EnableManifestOutput: false,
  };
  return { ManifestGenerator: { S3JobManifestGenerator } };
}

function manifest(
  s3: FakeS3,
  key: string,
  body: Buffer,
  Spec: JobManifest['Spec'],
): Pick<JobRequest, 'Manifest'> {
  const ETag = s3.put(`lists/${key}`, body);
  return { Manifest: { Spec, Location: { ObjectArn: `arn:aws:s3:::lists/${key}`, ETag } } };
}
