/** The same work for every contestant: what a job is told, and the requests that it must send. */
import { createHash } from 'node:crypto';
import type { JobOperation } from '@aws-sdk/client-s3-control';

export const BUCKET = 'bench-bucket';
export const TARGET_BUCKET = 'bench-target';
export const REGION = 'us-east-1';
export const CREDENTIALS = { accessKeyId: 'BENCHKEY', secretAccessKey: 'bench-secret' };
export const IN_FLIGHT = 64;
export const TAG = { Key: 'project', Value: 'bucket-brigade' };

export const WORKS = ['tagging', 'copy'] as const;
export type Work = (typeof WORKS)[number];

export const OPERATION_OF: Readonly<Record<Work, JobOperation>> = {
  tagging: { S3PutObjectTagging: { TagSet: [TAG] } },
  copy: { S3PutObjectCopy: { TargetResource: `arn:aws:s3:::${TARGET_BUCKET}` } },
};

/** A request before it is signed; the same one as the job's. */
export interface TaskRequest {
  readonly method: 'PUT';
  readonly bucket: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

const TAGGING = Buffer.from(
  `<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>${TAG.Key}</Key><Value>${TAG.Value}</Value></Tag></TagSet></Tagging>`,
);
const TAGGING_REQUEST: TaskRequest = {
  method: 'PUT',
  bucket: BUCKET,
  query: { tagging: '' },
  headers: {
    'content-md5': createHash('md5').update(TAGGING).digest('base64'),
    'content-type': 'application/xml',
  },
  body: TAGGING,
};

export const REQUEST_OF: Readonly<Record<Work, (key: string) => TaskRequest>> = {
  tagging: () => TAGGING_REQUEST,
  copy: (key) => ({
    method: 'PUT',
    bucket: TARGET_BUCKET,
    headers: { 'x-amz-copy-source': `/${BUCKET}/${key}` },
  }),
};

export function isWork(text: string): text is Work {
  return (WORKS as readonly string[]).includes(text);
}

/** Characters that no spelling changes. */
export function keyOf(row: number): string {
  return `photos/2026/${row % 12}/user-${row % 9973}/image-${String(row).padStart(9, '0')}.jpg`;
}

const ROWS_PER_PIECE = 50_000;

/** In pieces: ten million rows are more than a string can hold. */
export function* manifestOf(rows: number): Generator<Buffer> {
  for (let at = 0; at < rows; at += ROWS_PER_PIECE) {
    const count = Math.min(ROWS_PER_PIECE, rows - at);
    const lines = Array.from({ length: count }, (_, i) => `${BUCKET},${keyOf(at + i)}\n`);
    yield Buffer.from(lines.join(''));
  }
}
