// Aim: what the console reads of the store is read of a real one too: buckets, awkward keys, the
// preview and the ETag of a manifest, a report.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startService, type TestService } from '../lib/service.ts';
import { type RunningRgw, startRgw } from './rgw.ts';

const KEYS = ['a b+c', 'ü/ö.txt', 'folder/one', 'folder/two', 'tab\there', '100%', 'x&y<z>"'];

let rgw: RunningRgw;
let service: TestService;
let cookie = '';

before(async () => {
  rgw = await startRgw();
  const { accessKeyId, secretAccessKey, endpoint, region } = rgw;
  const s3 = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  await s3.send(new CreateBucketCommand({ Bucket: 'photos' }));
  for (const Key of KEYS) await s3.send(new PutObjectCommand({ Bucket: 'photos', Key, Body: Key }));
  const Body = KEYS.map((key) => `photos,${encodeURIComponent(key)}\n`).join('');
  await s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'list.csv', Body }));
  s3.destroy();
  service = await startService({
    env: {
      BRIGADE_S3_ENDPOINT: endpoint,
      BRIGADE_S3_ACCESS_KEY_ID: accessKeyId,
      BRIGADE_S3_SECRET_ACCESS_KEY: secretAccessKey,
    },
  });
});
after(async () => {
  await service.stop();
  await rgw.stop();
});

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${service.url}/console/api/${path}`, {
    method,
    headers: { 'x-brigade-console': 'user', 'content-type': 'application/json', cookie },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
  // What the server answers, see console/lib/types.ts.
  return JSON.parse(text) as T;
}

interface Objects {
  readonly folders: string[];
  readonly objects: { readonly key: string }[];
  readonly next?: string;
}

test('buckets, folders and awkward keys of Ceph RGW are browsed as they are', async () => {
  await call('POST', 'session', service.credentials);
  const { buckets } = await call<{ buckets: { name: string }[] }>('GET', 'buckets');
  assert.deepEqual(
    buckets.map(({ name }) => name),
    ['photos'],
  );
  const top = await call<Objects>('GET', 'objects?bucket=photos');
  assert.deepEqual(new Set(top.folders), new Set(['folder/', 'ü/']));
  const own = [...KEYS.filter((key) => !key.includes('/')), 'list.csv'];
  assert.deepEqual(new Set(top.objects.map(({ key }) => key)), new Set(own));
  const inside = await call<Objects>('GET', 'objects?bucket=photos&prefix=folder/');
  assert.deepEqual(
    inside.objects.map(({ key }) => key),
    ['folder/one', 'folder/two'],
  );
});

test('a manifest on Ceph RGW has its ETag and its preview', async () => {
  const object = await call<{ etag: string }>('GET', 'object?bucket=photos&key=list.csv');
  assert.match(object.etag, /^[0-9a-f]{32}$/);
  interface Preview {
    readonly etag: string;
    readonly rows: { readonly problem?: string }[];
  }
  const preview = await call<Preview>('GET', 'preview?bucket=photos&key=list.csv');
  assert.equal(preview.etag, object.etag);
  assert.deepEqual([preview.rows.length, preview.rows.filter((row) => row.problem)], [7, []]);
});

test('a report on Ceph RGW is read a row at a time, each key as it is', async () => {
  const { etag } = await call<{ etag: string }>('GET', 'object?bucket=photos&key=list.csv');
  const { jobId } = await call<{ jobId: string }>('POST', 'jobs', {
    ConfirmationRequired: false,
    Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'a', Value: 'b' }] } },
    Report: {
      Enabled: true,
      Bucket: 'arn:aws:s3:::photos',
      Prefix: 'reports',
      Format: 'Report_CSV_20180820',
      ReportScope: 'AllTasks',
    },
    ClientRequestToken: 'token',
    Manifest: {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
      Location: { ObjectArn: 'arn:aws:s3:::photos/list.csv', ETag: etag },
    },
    Priority: 1,
    RoleArn: 'arn:aws:iam::123456789012:role/r',
  });
  let status = '';
  while (!['Complete', 'Failed'].includes(status)) {
    const { job } = await call<{ job: { Status: string } }>('GET', `jobs/${jobId}`);
    status = job.Status;
  }
  assert.equal(status, 'Complete');
  const seen: string[] = [];
  for (let from: string | undefined = ''; from !== undefined;) {
    const page: { rows: { key: string }[]; next?: string } = await call(
      'GET',
      `jobs/${jobId}/report?size=1&from=${from}`,
    );
    seen.push(...page.rows.map(({ key }) => key));
    from = page.next;
  }
  assert.deepEqual(seen, KEYS);
});
