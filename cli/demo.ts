/**
 * `brigade demo`: a whole job in a minute, on nothing but this package: an embedded store with
 * 10,000 objects, a job made by the AWS SDK, its report read back. Everything is removed at the end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateJobCommand,
  DescribeJobCommand,
  S3ControlClient,
  type JobDescriptor,
} from '@aws-sdk/client-s3-control';
import { systemClock } from '../src/base/clock.ts';
import { systemRandom } from '../src/base/random.ts';
import { encodeKey } from '../src/manifest/index.ts';
import { readReport, type ReportRow } from '../src/report/index.ts';
import { createS3, type S3, type S3Request } from '../src/s3/index.ts';
import { Progress } from './progress.ts';
import type { Commands, Service } from './service.ts';

const OBJECTS = 10_000;
/** Rows about objects that do not exist, so that the report has something to tell. */
const GHOSTS = ['ghosts/never uploaded.txt', 'ghosts/100%.csv', 'ghosts/消えた.txt'];
const UPLOADS_AT_ONCE = 32;
const ENDS = ['Complete', 'Failed', 'Cancelled'];

export async function runDemo(commands: Commands): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'brigade-demo-'));
  let service: Service | undefined;
  try {
    service = await commands.start({
      BRIGADE_DATA_DIR: folder,
      BRIGADE_PORT: '0',
      BRIGADE_SANDBOX_PORT: '0',
      BRIGADE_S3_ENDPOINT: '',
      BRIGADE_STAGING: '',
      BRIGADE_LOG_LEVEL: 'warn',
    });
    return await demonstrate(service);
  } finally {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function demonstrate(service: Service): Promise<number> {
  const credentials = service.rootKey;
  const s3 = createS3({
    endpoint: service.s3Url,
    region: 'us-east-1',
    credentials,
    clock: systemClock,
    random: systemRandom,
  });
  try {
    say(`S3 Control API at ${service.url}, an embedded S3 store at ${service.s3Url}.`);
    const keys = Array.from({ length: OBJECTS }, (_, index) => demoKey(index));
    await upload(s3, keys);
    const etag = await writeManifest(s3, [...keys, ...GHOSTS]);
    const job = await runJob(service, etag);
    await showReport(s3, job);
    say(WHERE_NEXT);
    return job.Status === 'Complete' ? 0 : 1;
  } finally {
    await s3.close();
  }
}

/** Spaces, plus and percent signs, commas, quotes and letters from elsewhere: what breaks other tools. */
function demoKey(index: number): string {
  const number = String(index).padStart(5, '0');
  const styles = [
    `photos/2026/img-${number}.jpg`,
    `inbox/letter to Zoë no ${number}.txt`,
    `math/1+1=2 ${number}.txt`,
    `discount/100%/${number}.csv`,
    `csv/a,b,"quoted" ${number}.csv`,
    `日本/東京 ${number}.txt`,
    `Україна/Київ-${number}.txt`,
    `emoji/🪣🧯-${number}.txt`,
  ];
  return styles[index % styles.length] ?? number;
}

async function upload(s3: S3, keys: readonly string[]): Promise<void> {
  await sent(s3, { method: 'PUT', bucket: 'demo' });
  const progress = new Progress('Uploading objects');
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    for (let key = keys[next++]; key !== undefined; key = keys[next++]) {
      await sent(s3, { method: 'PUT', bucket: 'demo', key, body: `I am ${key}\n` });
      done += 1;
      if (done % 100 === 0) progress.show(done, keys.length);
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, lane));
  progress.end();
}

async function writeManifest(s3: S3, keys: readonly string[]): Promise<string> {
  const body = keys.map((key) => `demo,${encodeKey(key)}\n`).join('');
  const answer = await sent(s3, { method: 'PUT', bucket: 'demo', key: 'manifests/all.csv', body });
  return answer.headers['etag'] ?? '';
}

async function runJob(service: Service, etag: string): Promise<JobDescriptor> {
  const control = new S3ControlClient({
    endpoint: service.url,
    // With this region the SDKs keep the account id out of the endpoint's host name.
    region: 'snow',
    credentials: service.rootKey,
  });
  try {
    const { JobId } = await control.send(
      new CreateJobCommand({
        AccountId: service.account,
        ConfirmationRequired: false,
        Description: 'Demo: tag 10,000 objects',
        Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'brigade', Value: 'was here' }] } },
        Manifest: {
          Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
          Location: { ObjectArn: 'arn:aws:s3:::demo/manifests/all.csv', ETag: etag },
        },
        Report: {
          Enabled: true,
          Bucket: 'arn:aws:s3:::demo',
          Prefix: 'reports',
          Format: 'Report_CSV_20180820',
          ReportScope: 'AllTasks',
        },
        Priority: 10,
        RoleArn: `arn:aws:iam::${service.account}:role/demo`,
        ClientRequestToken: systemRandom.uuid(),
      }),
    );
    say(`Job ${JobId} was created through the AWS SDK.`);
    const progress = new Progress('S3PutObjectTagging');
    for (;;) {
      const { Job } = await control.send(
        new DescribeJobCommand({ AccountId: service.account, JobId }),
      );
      const counts = Job?.ProgressSummary;
      const failed = counts?.NumberOfTasksFailed ?? 0;
      const done = (counts?.NumberOfTasksSucceeded ?? 0) + failed;
      progress.show(done, counts?.TotalNumberOfTasks ?? 0, `${failed} failed  ${Job?.Status}`);
      if (Job && ENDS.includes(Job.Status ?? '')) {
        progress.end();
        for (const reason of Job.FailureReasons ?? []) {
          say(`${reason.FailureCode}: ${reason.FailureReason}`);
        }
        return Job;
      }
      await systemClock.sleep(200);
    }
  } finally {
    control.destroy();
  }
}

interface ReportIndex {
  readonly Results: readonly { readonly TaskExecutionStatus: string; readonly Key: string }[];
}

async function showReport(s3: S3, job: JobDescriptor): Promise<void> {
  const index = `reports/job-${job.JobId}/manifest.json`;
  const manifest = await sent(s3, { method: 'GET', bucket: 'demo', key: index });
  // The format is AWS's; this service wrote it a moment ago.
  const { Results } = JSON.parse(manifest.body.toString('utf8')) as ReportIndex;
  say(`\nReport ${index}, Status ${job.Status}:`);
  for (const { TaskExecutionStatus, Key } of Results) {
    const file = await sent(s3, { method: 'GET', bucket: 'demo', key: Key });
    const rows = readReport(file.body);
    say(`  ${rows.length.toLocaleString('en')} ${TaskExecutionStatus}, for example`);
    for (const row of rows.slice(0, 3)) say(`    ${line(row)}`);
  }
}

function line(row: ReportRow): string {
  return Object.values(row).join(',');
}

async function sent(s3: S3, request: S3Request) {
  const answer = await s3.send(request);
  if (answer.status >= 200 && answer.status < 300) return answer;
  const why = answer.failure ?? answer.body.toString('utf8');
  throw new Error(`${request.method} ${request.key ?? request.bucket}: ${answer.status} ${why}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const WHERE_NEXT = `
Where next:
  npm start            the service, kept running, with the aws cli command to paste first
  README.md            a first job of your own, on your own store
  COMPATIBILITY.md     what is as on AWS, and what differs on purpose
`;
