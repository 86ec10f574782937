/**
 * The jobs of a soak: every operation on every kind of list, and what must be true when one has
 * ended. Each has objects of its own, some of which do not exist.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { CreateJobCommandInput, JobOperation } from '@aws-sdk/client-s3-control';
import type { Random } from '../../src/base/random.ts';
import { assertCounts, assertReports, atOnce, type JobDescriptor } from '../e2e/world.ts';
import { md5Of, TAGGING, type ReportRow, type World } from '../e2e/world.ts';

export const OBJECTS = 'soak-objects';
export const COPIES = 'soak-copies';
export const REPORTS = 'soak-reports';
export const FUNCTION_NAME = 'soak';
const ROWS_MIN = 150;
const ROWS_MAX = 900;
/** One object in so many does not exist. */
const GHOST_EVERY = 20;
const AT_ONCE = 24;

interface Kind {
  readonly operation: JobOperation;
  /** What is true of the object, or the row, when the task has succeeded. */
  check(world: World, row: ReportRow): Promise<void>;
  /** Whether it succeeds on an object that does not exist. */
  readonly mindsNoGhosts?: true;
}

const KINDS: Readonly<Record<string, Kind>> = {
  tagging: {
    operation: TAGGING,
    async check(world, { key }) {
      const answer = await world.thin.send({
        ...{ method: 'GET', bucket: OBJECTS, key, query: { tagging: '' } },
      });
      assert.match(answer.body.toString(), /was here/, key);
    },
  },
  copy: {
    operation: { S3PutObjectCopy: { TargetResource: `arn:aws:s3:::${COPIES}` } },
    async check(world, { key }) {
      const { body } = await world.thin.send({ method: 'GET', bucket: COPIES, key });
      assert.equal(body.toString(), key);
    },
  },
  delete: {
    operation: invoke('brigade-delete', { confirm: 'delete' }),
    async check(world, { key }) {
      const { status } = await world.thin.send({ method: 'GET', bucket: OBJECTS, key });
      assert.equal(status, 404, `${key} was deleted`);
    },
    mindsNoGhosts: true,
  },
  function: {
    operation: invoke(FUNCTION_NAME),
    async check(_, { key, message }) {
      assert.equal(message, `called for ${key}`);
    },
    mindsNoGhosts: true,
  },
  checksum: {
    operation: {
      S3ComputeObjectChecksum: { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' },
    },
    async check(_, { key, message }) {
      const told = JSON.parse(message) as Readonly<Record<string, unknown>>;
      assert.equal(told['checksum_base64'], createHash('sha256').update(key).digest('base64'));
    },
  },
};

function invoke(FunctionArn: string, UserArguments?: Record<string, string>): JobOperation {
  if (!UserArguments) return { LambdaInvoke: { FunctionArn } };
  return { LambdaInvoke: { FunctionArn, UserArguments, InvocationSchemaVersion: '2.0' } };
}

const LISTS = ['plain', 'inventory', 'generated'] as const;
type ListKind = (typeof LISTS)[number];

export interface SoakJob {
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly ghosts: ReadonlySet<string>;
  readonly kind: Kind;
  isCancelled: boolean;
}

/** Objects, list and job. `submit` tries until the API answers. */
export async function makeJob(
  world: World,
  random: Random,
  submit: (request: CreateJobCommandInput) => Promise<string>,
): Promise<SoakJob> {
  const pick = <T>(some: readonly T[]): T => {
    const one = some[Math.floor(random.next() * some.length)];
    assert.ok(one !== undefined);
    return one;
  };
  const [name, kind] = pick(Object.entries(KINDS));
  const list = pick(LISTS);
  const prefix = `${world.name('job')}/`;
  const count = ROWS_MIN + Math.floor(random.next() * (ROWS_MAX - ROWS_MIN));
  const all = Array.from({ length: count }, (_, index) => `${prefix}${index}.txt`);
  const ghosts = new Set(all.filter((_, index) => index % GHOST_EVERY === GHOST_EVERY - 1));
  const there = all.filter((key) => !ghosts.has(key));
  await world.upload(OBJECTS, there);
  // What is not there, no bucket lists.
  const keys = list === 'generated' ? there : all;
  const isSlow = random.next() < 0.5;
  const request = world.jobRequest({
    manifest: {} as never,
    operation: kind.operation,
    report: { bucket: REPORTS },
    priority: Math.floor(random.next() * 10),
  });
  const id = await submit({
    ...owned(request),
    ...(await listed(world, list, prefix, keys)),
    ConfirmationRequired: random.next() < 0.2,
    Tags: isSlow
      ? [
          {
            Key: 'brigade:max-tasks-per-second',
            Value: String(40 + Math.floor(random.next() * 200)),
          },
        ]
      : [],
  });
  return { id, name: `${name} on ${list}`, keys, ghosts, kind, isCancelled: false };
}

/** A job over the failed rows of another one's report; what was missing is there by now. */
export async function retryJob(
  world: World,
  first: SoakJob,
  ended: JobDescriptor,
  submit: (request: CreateJobCommandInput) => Promise<string>,
): Promise<SoakJob> {
  const key = `job-${first.id}/manifest.json`;
  const rows = await world.report(ended);
  const keys = rows.filter(({ status }) => status === 'failed').map((row) => row.key);
  await world.upload(OBJECTS, keys);
  const index = await world.get(REPORTS, key);
  const ETag = md5Of(index);
  const manifest = { ObjectArn: `arn:aws:s3:::${REPORTS}/${key}`, ETag };
  const { operation } = first.kind;
  const request = world.jobRequest({ manifest, operation, report: { bucket: REPORTS } });
  const id = await submit(owned(request));
  const name = `${first.name}, retried`;
  return { id, name, keys, ghosts: new Set(), kind: first.kind, isCancelled: false };
}

/** One operation asks for it. */
function owned(request: CreateJobCommandInput): CreateJobCommandInput {
  const { Report: report, AccountId } = request;
  assert.ok(report);
  return { ...request, Report: { ...report, ExpectedBucketOwner: AccountId } };
}

async function listed(
  world: World,
  list: ListKind,
  prefix: string,
  keys: readonly string[],
): Promise<Partial<CreateJobCommandInput>> {
  const csv = keys.map((key) => `${OBJECTS},${key}\n`).join('');
  if (list === 'plain') {
    const Location = await world.manifest(REPORTS, csv);
    const Format = 'S3BatchOperations_CSV_20180820';
    return { Manifest: { Spec: { Format, Fields: ['Bucket', 'Key'] }, Location } };
  }
  if (list === 'generated') {
    const S3JobManifestGenerator = {
      SourceBucket: `arn:aws:s3:::${OBJECTS}`,
      Filter: { KeyNameConstraint: { MatchAnyPrefix: [prefix] } },
      EnableManifestOutput: false,
    };
    return { Manifest: undefined, ManifestGenerator: { S3JobManifestGenerator } };
  }
  const key = `inventories/${prefix}data.csv.gz`;
  const data = gzipSync(csv);
  const manifest = {
    destinationBucket: `arn:aws:s3:::${REPORTS}`,
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key',
    files: [{ key, size: data.length, MD5checksum: md5Of(data) }],
  };
  const body = JSON.stringify(manifest);
  const name = `inventories/${prefix}manifest.json`;
  for (const [at, bytes] of [
    [key, data],
    [name, body],
  ] as const) {
    const put = { method: 'PUT', bucket: REPORTS, key: at, body: bytes } as const;
    assert.equal((await world.thin.send(put)).status, 200);
  }
  const Location = { ObjectArn: `arn:aws:s3:::${REPORTS}/${name}`, ETag: md5Of(Buffer.from(body)) };
  return { Manifest: { Spec: { Format: 'S3InventoryReport_CSV_20161130' }, Location } };
}

/** What a report held: how many rows, and those that failed for the faults though nobody cancelled. */
export interface Verified {
  readonly rows: number;
  readonly unlucky: readonly ReportRow[];
}

/**
 * Report, counters and objects agree. A row that was waiting for its next try when its job was
 * cancelled is honestly reported as it last failed; in a job that completed no fault fails a row.
 */
export async function verifyJob(
  world: World,
  soak: SoakJob,
  job: JobDescriptor,
): Promise<Verified> {
  const { keys, ghosts, kind, isCancelled, name } = soak;
  const wanted = isCancelled ? ['Cancelled', 'Complete'] : ['Complete'];
  assert.ok(wanted.includes(job.Status ?? ''), `${name}: ${JSON.stringify(job)}`);
  const { NumberOfTasksSucceeded = 0, NumberOfTasksFailed = 0 } = job.ProgressSummary ?? {};
  if (NumberOfTasksSucceeded + NumberOfTasksFailed === 0) {
    assert.equal(job.Status, 'Cancelled', `${name} ran nothing`);
    return { rows: 0, unlucky: [] };
  }
  const rows = await world.report(job);
  assertCounts(job, rows);
  const tasks = keys.map((key) => ({ bucket: OBJECTS, key, versionId: '' }));
  const reported = new Set(rows.map(({ key }) => key));
  assertReports(rows, job.Status === 'Complete' ? tasks : tasks.filter((t) => reported.has(t.key)));
  const unlucky: ReportRow[] = [];
  await atOnce(rows, AT_ONCE, async (row) => {
    const isGhost = ghosts.has(row.key) && !kind.mindsNoGhosts;
    if (!isGhost && row.status === 'failed' && isOfFaults(row)) {
      if (job.Status === 'Complete') unlucky.push(row);
      return;
    }
    assert.equal(row.status, isGhost ? 'failed' : 'succeeded', `${name}: ${JSON.stringify(row)}`);
    if (!isGhost) await kind.check(world, row);
  });
  return { rows: rows.length, unlucky };
}

/** S3's answer is the row's own, or told in the message of a checksum. */
function isOfFaults({ httpStatus, message }: ReportRow): boolean {
  const told = /"errorCode": "(\d+)"/.exec(message)?.[1] ?? httpStatus;
  return told === '000' || /^5\d\d$/.test(told);
}
