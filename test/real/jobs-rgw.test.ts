/**
 * The four operations on a real Ceph RGW, on versioned buckets with a thousand awkward keys, driven
 * by the clients that people have: the aws cli and boto3, unmodified. Aim: jobs, reports and objects
 * agree there too; every object is read back, every row of every report compared.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CreateJobCommandInput } from '@aws-sdk/client-s3-control';
import { CASES, checkCase } from '../e2e/cases.ts';
import { NASTY_KEYS } from '../e2e/keys.ts';
import { openOn } from '../e2e/on-store.ts';
import type { World } from '../e2e/world.ts';
import { ran } from './clients.ts';
import { startRgw } from './rgw.ts';

let scene: Awaited<ReturnType<typeof openOn>>;
before(async () => {
  scene = await openOn(startRgw);
});
after(() => scene.close());

const OBJECTS = 1000;

/** Every kind of awkward key many times over, in folders of their own. */
const KEYS = Array.from({ length: OBJECTS }, (_, index) => {
  const key = NASTY_KEYS[index % NASTY_KEYS.length] ?? '';
  if (index < NASTY_KEYS.length) return key;
  return `${index}/${key}`.slice(0, 500);
});

type Run = (world: World, request: CreateJobCommandInput) => Promise<string>;

const CLIENTS: readonly { readonly name: string; readonly run: Run }[] = [
  { name: 'the aws cli', run: throughCli },
  { name: 'boto3', run: throughBoto },
];

for (const [round, each] of CASES.entries()) {
  for (const { name, run } of CLIENTS) {
    test(`${each.name} through ${name}`, async () => {
      const { world } = scene;
      await checkCase(world, each, {
        versioned: true,
        keys: KEYS,
        round,
        // AWS says NoSuchVersion and KeyTooLongError.
        refusals: { noSuchVersion: '404 NoSuchKey', keyTooLong: '400 InvalidObjectName' },
        run: (request) => run(world, request),
      });
    });
  }
}

/** One job through its life, each step a command as a person would type it. */
async function throughCli(world: World, request: CreateJobCommandInput): Promise<string> {
  const control = (command: string, ...args: string[]): Promise<CliAnswer> =>
    aws(world, ['s3control', command, '--account-id', world.service.account, ...args]);
  const created = await control(
    'create-job',
    ...['--operation', JSON.stringify(request.Operation)],
    ...['--manifest', JSON.stringify(request.Manifest)],
    ...['--report', JSON.stringify(request.Report)],
    ...['--priority', '10', '--role-arn', request.RoleArn ?? ''],
    ...['--client-request-token', request.ClientRequestToken ?? ''],
    ...['--description', 'through the aws cli'],
    ...['--tags', '[{"Key":"by","Value":"aws cli"}]'],
  );
  const jobId = created.JobId ?? '';
  const id = ['--job-id', jobId];
  // Without --no-confirmation-required the job waits.
  await world.inStatus(jobId, 'Suspended');
  const { Job } = await control('describe-job', ...id);
  assert.equal(Job?.Status, 'Suspended');
  assert.equal(Job.SuspendedCause, 'AWAITING_CONFIRMATION');
  assert.equal(Job.Description, 'through the aws cli');
  assert.deepEqual(Job.Operation, JSON.parse(JSON.stringify(request.Operation)));

  assert.deepEqual((await control('get-job-tagging', ...id)).Tags, [
    { Key: 'by', Value: 'aws cli' },
  ]);
  const tags = [{ Key: 'a b', Value: 'c=d/ü' }];
  await control('put-job-tagging', ...id, '--tags', JSON.stringify(tags));
  assert.deepEqual((await control('get-job-tagging', ...id)).Tags, tags);
  await control('delete-job-tagging', ...id);
  assert.deepEqual((await control('get-job-tagging', ...id)).Tags ?? [], []);

  assert.equal((await control('update-job-priority', ...id, '--priority', '5')).Priority, 5);
  await control('update-job-status', ...id, '--requested-job-status', 'Ready');
  await world.ended(jobId);
  const { Jobs = [] } = await control('list-jobs', '--job-statuses', 'Complete', 'Failed');
  const listed = Jobs.find(({ JobId }) => JobId === jobId);
  assert.equal(listed?.Status, 'Complete');
  assert.equal(listed.Priority, 5);
  return jobId;
}

interface CliJob {
  readonly JobId?: string;
  readonly Status?: string;
  readonly SuspendedCause?: string;
  readonly Description?: string;
  readonly Operation?: unknown;
  readonly Priority?: number;
}

/** The members that are asserted above; what they hold is asserted there. */
interface CliAnswer extends CliJob {
  readonly Job?: CliJob;
  readonly Jobs?: readonly CliJob[];
  readonly Tags?: unknown;
}

async function aws(world: World, args: readonly string[]): Promise<CliAnswer> {
  const endpoint = ['--endpoint-url', world.service.url, '--region', 'snow', '--output', 'json'];
  const text = await ran(world, 'aws', [...args, ...endpoint]);
  return text === '' ? {} : (JSON.parse(text) as CliAnswer);
}

async function throughBoto(world: World, request: CreateJobCommandInput): Promise<string> {
  const given = {
    endpoint: world.service.url,
    account: world.service.account,
    jobs: [{ ...request, ClientRequestToken: world.name('token') }],
  };
  const script = join(import.meta.dirname, 'jobs.py');
  const text = await ran(world, 'python3', [script], JSON.stringify(given));
  const { ids } = JSON.parse(text) as { readonly ids: readonly string[] };
  return ids[0] ?? '';
}
