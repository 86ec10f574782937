/** The jobs of a world: of every list, with every report, some that must fail. */
import type { Random } from '../../src/base/random.ts';
import { THRESHOLD_TASKS_MIN } from '../../src/model/limits.ts';
import type { JobManifest } from '../../src/model/job.ts';
import type { Store } from '../../src/store/index.ts';
import { newJob } from '../contract/store.contract.ts';
import type { WorldClock } from './clock.ts';
import { GONE_BUCKET, type FakeS3 } from './fake-s3.ts';
import { putList } from './lists.ts';

export const ACCOUNT = '123456789012';
const JOBS_MAX = 4;
const ROWS_MAX = 120;
/** Share of worlds with one job that is large enough for the failure threshold, and fails a lot. */
const THRESHOLD_SHARE = 0.04;

export interface PlannedJob {
  readonly id: string;
  /** Manifest spellings; each begins with the job's own prefix, so a request tells its job. */
  readonly keys: readonly string[];
  readonly report: 'all' | 'failed' | 'none' | 'bucket-gone';
  readonly isManifestGone: boolean;
}

interface Place {
  readonly random: Random;
  readonly s3: FakeS3;
  readonly store: Store;
  readonly clock: WorldClock;
}

export async function createJobs(place: Place): Promise<PlannedJob[]> {
  const { random } = place;
  const jobs: PlannedJob[] = [];
  for (let n = 1 + Math.floor(random.next() * JOBS_MAX); n > 0; n--) {
    jobs.push(
      await createJob(place, 1 + Math.floor(random.next() * ROWS_MAX), random.next() * 0.3),
    );
  }
  if (random.next() < THRESHOLD_SHARE) {
    jobs.push(await createJob(place, THRESHOLD_TASKS_MIN + Math.floor(random.next() * 400), 0.6));
  }
  return jobs;
}

async function createJob(
  { random, s3, store, clock }: Place,
  rows: number,
  missing: number,
): Promise<PlannedJob> {
  const id = random.uuid();
  const keys = Array.from({ length: rows }, (_, index) =>
    random.next() < missing ? `missing/${id}/${index}` : `there/${id}/${index}`,
  );
  const report = drawReport(random);
  const list = putList(s3, id, keys, random);
  const { Manifest: manifest } = list;
  const isManifestGone = manifest !== undefined && random.next() < 0.03;
  const created = newJob({
    id,
    operation: 'S3PutObjectTagging',
    priority: Math.floor(random.next() * 3),
    createdAt: clock.now(),
    request: {
      AccountId: ACCOUNT,
      ConfirmationRequired: random.next() < 0.2,
      Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'k', Value: 'v' }] } },
      ...(isManifestGone ? elsewhere(manifest) : list),
      Report: {
        Enabled: report !== 'none',
        Bucket: `arn:aws:s3:::${report === 'bucket-gone' ? GONE_BUCKET : 'reports'}`,
        Format: 'Report_CSV_20180820',
        ReportScope: report === 'failed' ? 'FailedTasksOnly' : 'AllTasks',
      },
      ClientRequestToken: id,
      Priority: 1,
      RoleArn: 'arn:aws:iam::123456789012:role/role',
    },
  });
  await store.createJob(created);
  return { id, keys, report, isManifestGone };
}

function drawReport(random: Random): PlannedJob['report'] {
  const kind = random.next();
  if (kind < 0.75) return 'all';
  if (kind < 0.87) return 'failed';
  return kind < 0.95 ? 'none' : 'bucket-gone';
}

function elsewhere({ Spec, Location }: JobManifest): { Manifest: JobManifest } {
  const ObjectArn = 'arn:aws:s3:::lists/nowhere';
  return { Manifest: { Spec, Location: { ETag: undefined, ...Location, ObjectArn } } };
}
