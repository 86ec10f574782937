/**
 * `brigade run`: a whole job in this process. The list is put where the engine can read it, the job
 * is made in a database of the run's own, and when it has ended its report is brought.
 *
 * I1. Killed at any moment, the run goes on with --resume; each row is reported once.
 * I2. The first Ctrl-C drains: what is in flight is recorded. The second one ends the process.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CreateJobRequest } from '@aws-sdk/client-s3-control';
import { systemClock } from '../../src/base/clock.ts';
import type { Job } from '../../src/model/job.ts';
import { reportKeys } from '../../src/report/index.ts';
import type { S3Client } from '../../src/s3/index.ts';
import { bringReport } from '../bring-report.ts';
import { CommandError, Given, UsageError, type Command } from '../command.ts';
import {
  objectsClient,
  placeOfObjects,
  S3_OPTIONS,
  WHO_OPTIONS,
  type ObjectsPlace,
} from '../connection.ts';
import { EXIT } from '../exit-codes.ts';
import { isEnded, JobDisplay, tellEnd, type Look } from '../job-display.ts';
import { generatorOf, LIST_OPTIONS, listOption, remoteManifest } from '../list.ts';
import { Output } from '../output.ts';
import { readIndex, rowsOf } from '../report-rows.ts';
import { JOB_OPTIONS, REPORT_SCOPE, reportOf, requestOf, scopeOf } from '../request.ts';
import { isS3Url, readS3Url } from '../s3-url.ts';
import type { Commands, OpenRun } from '../service.ts';
import { VERBS, type Verb } from '../verbs.ts';
import { RunFolder, type RunRecord } from './folder.ts';
import { functionOf, stageLocalList } from './local-list.ts';
import { Stopping } from './stopping.ts';

const POLL_MS = 200;
/** Failed rows that are shown at the end. */
const SAMPLES = 5;

interface Started {
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly open: OpenRun;
}

function ofVerb(verb: Verb): Command {
  return {
    name: `run ${verb.name}`,
    summary: verb.summary,
    options: {
      ...verb.options,
      ...LIST_OPTIONS,
      'keys-in': {
        value: 'BUCKET',
        help: 'the list on this machine has one key per line, of this bucket',
      },
      report: {
        value: 'PLACE',
        help: 'a folder, or s3://bucket/prefix (default: in the folder of the run, and of\nmost verbs failed rows only)',
      },
      ...REPORT_SCOPE,
      ...JOB_OPTIONS,
      concurrency: { value: 'N', help: 'requests in flight at most (default: 64)' },
      ...S3_OPTIONS,
      ...WHO_OPTIONS,
      json: { help: 'one JSON object per line, as when the output is no terminal' },
    },
    more: 'It needs no service. --manifest also takes a file of this machine, and - for standard input.',
    examples: [
      `brigade run ${verb.name} --list s3://photos/2026/ ${verb.example}`.trimEnd(),
      `brigade run ${verb.name} --manifest list.csv ${verb.example} --dry-run`.replace(/  +/g, ' '),
      `aws s3api list-objects-v2 --bucket photos --query 'Contents[].[Key]' --output text |\n    brigade run ${verb.name} --manifest - --keys-in photos ${verb.example}`.trimEnd(),
    ],
    async run(given, commands) {
      // What the command line gets wrong is said before anything is asked or written.
      const operation = verb.operation(given);
      listOption(given);
      const stopping = new Stopping();
      try {
        const place = await placeOfObjects(given, commands);
        const started = await begin(verb, operation, given, place, commands, stopping);
        return await finish(started, new Output(given), stopping);
      } finally {
        stopping.end();
      }
    },
  };
}

const again: Command = {
  name: 'run',
  summary: 'runs a whole job in this process, without a service',
  options: {
    resume: { value: 'RUN', help: 'goes on with a run that was stopped or killed' },
    ...S3_OPTIONS,
    ...WHO_OPTIONS,
    json: { help: 'one JSON object per line, as when the output is no terminal' },
  },
  more: `Verbs: ${VERBS.map(({ name }) => name).join(', ')}; brigade run <verb> --help tells more.
Runs are kept in BRIGADE_RUNS_DIR (default: brigade/runs in the cache folder of the user).`,
  examples: [
    'brigade run tag --list s3://photos/2026/ --tag year=2026',
    'brigade run copy --manifest list.csv --to s3://backup/2026/ --report ./report',
    'brigade run --resume 1a2b3c4d',
  ],
  async run(given, commands) {
    const id = given.text('resume');
    if (id === undefined)
      throw new UsageError('needs a verb, such as brigade run tag, or --resume.');
    const { folder, record } = RunFolder.again(id);
    const output = new Output(given);
    if (record.ended) return tellEnded(folder, record.ended, output);
    const stopping = new Stopping();
    try {
      const place = await placeOfObjects(withPlace(given, record), commands);
      const open = await commands.openRun(settingsOf(folder, record, place), folder.bucket);
      return await finish({ folder, record, open }, output, stopping);
    } finally {
      stopping.end();
    }
  },
};

/** The endpoint is that of the run, whatever the settings say today; the key may be a new one. */
function withPlace(given: Given, record: RunRecord): Given {
  const profile = given.text('profile') ?? record.profile;
  const values = {
    's3-endpoint': given.text('s3-endpoint') ?? record.endpoint,
    region: given.text('region') ?? record.region,
    ...(profile === undefined ? {} : { profile }),
  };
  return new Given(values, []);
}

/** Up to where a kill costs nothing but time (I1). */
async function begin(
  verb: Verb,
  operation: ReturnType<Verb['operation']>,
  given: Given,
  place: ObjectsPlace,
  commands: Commands,
  stopping: Stopping,
): Promise<Started> {
  const remote = objectsClient(place);
  const folder = RunFolder.begin();
  stopping.undo = () => folder.remove();
  let open: OpenRun | undefined;
  try {
    await checkPlaces(remote, place, verb, given);
    const [profile, concurrency] = [given.text('profile'), given.whole('concurrency', 1)];
    const called = verb.name === 'invoke' ? functionOf(given) : undefined;
    const report = given.text('report');
    // What would have been, or was found, is worth keeping of every row.
    const isTold = verb.isReport === true || given.flag('dry-run');
    const isToBucket = report !== undefined && isS3Url(report);
    const facts = {
      version: 1 as const,
      verb: verb.name,
      endpoint: place.endpoint,
      region: place.region,
      ...(profile === undefined ? {} : { profile }),
      ...(concurrency === undefined ? {} : { concurrency: String(concurrency) }),
      ...(called === undefined ? {} : { functions: called.setting }),
      ...(isToBucket
        ? {}
        : { reportFolder: report === undefined ? folder.reportFolder : resolve(report) }),
    };
    open = await commands.openRun(
      settingsOf(folder, { ...facts, request: {} }, place),
      folder.bucket,
    );
    const request = requestOf(verb, given, {
      list: await listOf(open, folder, remote, given),
      report: reportOf(
        isToBucket ? readS3Url(report, 'report') : { bucket: folder.bucket, key: '' },
        report === undefined && !isTold ? 'failed' : scopeOf(given),
      ),
      account: ACCOUNT,
      token: folder.id,
      operation: called === undefined ? operation : withFunction(operation, called.name),
    });
    const { AccountId: _ours, ...body } = request;
    const record: RunRecord = { ...facts, request: body };
    folder.write(record);
    stopping.undo = undefined;
    return { folder, record, open };
  } catch (error) {
    await open?.stop();
    folder.remove();
    throw error;
  } finally {
    await remote.close();
  }
}

/** Owner of jobs that nobody else sees. */
const ACCOUNT = '123456789012';

function withFunction(operation: ReturnType<Verb['operation']>, name: string) {
  return { LambdaInvoke: { ...operation.LambdaInvoke, FunctionArn: name } };
}

/** An engine would wait for an hour, or find out when all is done; whoever mistypes wants to know now. */
async function checkPlaces(
  s3: S3Client,
  { endpoint }: ObjectsPlace,
  verb: Verb,
  given: Given,
): Promise<void> {
  if ((await s3.traits()) === undefined) {
    throw new CommandError(
      `${endpoint} does not answer. Check --s3-endpoint, and whether the store runs.`,
    );
  }
  for (const option of ['list', 'report', ...(verb.namesBuckets ?? [])]) {
    const text = given.text(option);
    if (text === undefined || (option === 'report' && !isS3Url(text))) continue;
    const { bucket } = readS3Url(text, option);
    const { status } = await s3.send({ method: 'HEAD', bucket });
    if (status === 404) {
      throw new CommandError(
        `there is no bucket ${bucket} at ${endpoint}. Check --${option} and --s3-endpoint.`,
      );
    }
  }
}

function settingsOf(
  folder: RunFolder,
  { endpoint, region, concurrency, functions }: RunRecord,
  { credentials }: ObjectsPlace,
): Record<string, string> {
  return {
    BRIGADE_DATA_DIR: folder.path,
    BRIGADE_ACCOUNT_ID: ACCOUNT,
    BRIGADE_S3_ENDPOINT: endpoint,
    BRIGADE_S3_REGION: region,
    BRIGADE_S3_ACCESS_KEY_ID: '',
    BRIGADE_S3_SECRET_ACCESS_KEY: '',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken ?? '',
    // What a service of the same machine is told is not a run's business.
    BRIGADE_DATABASE_URL: '',
    BRIGADE_STAGING: '',
    BRIGADE_ROOT_ACCESS_KEY_ID: '',
    BRIGADE_ROOT_SECRET_ACCESS_KEY: '',
    ...(concurrency === undefined ? {} : { BRIGADE_CONCURRENCY: concurrency }),
    ...(functions === undefined ? {} : { BRIGADE_FUNCTIONS: functions }),
  };
}

async function listOf(open: OpenRun, folder: RunFolder, remote: S3Client, given: Given) {
  const { list, manifest = '' } = listOption(given);
  const own = objectsClient({ ...open.place, region: 'us-east-1' });
  try {
    // Always there: reports go to it as well.
    await own.send({ method: 'PUT', bucket: folder.bucket });
    if (list !== undefined) return { ManifestGenerator: generatorOf(list, given) };
    if (isS3Url(manifest)) return { Manifest: await remoteManifest(remote, manifest, given) };
    return { Manifest: await stageLocalList(own, folder.bucket, manifest, given) };
  } finally {
    await own.close();
  }
}

async function finish(
  { folder, record, open }: Started,
  output: Output,
  stopping: Stopping,
): Promise<number> {
  let ended: NonNullable<RunRecord['ended']> | undefined;
  try {
    const jobId = await created(open, folder, record);
    output.tell(
      { event: 'started', run: folder.id, id: jobId, endpoint: record.endpoint },
      `Run ${folder.id} on ${record.endpoint}. Stopped, it goes on with: brigade run --resume ${folder.id}`,
    );
    const look = await follow(open, jobId, new JobDisplay(output, record.verb), stopping);
    if (!isEnded(look)) return EXIT.interrupted;
    ended = { look, report: await reportOfRun(open, folder, record, look, output) };
    folder.write({ ...record, ended });
  } finally {
    await open.stop();
    if (ended === undefined && stopping.isAsked) {
      output.tell(
        { event: 'interrupted', run: folder.id, resume: `brigade run --resume ${folder.id}` },
        `Stopped; what was done is recorded. Go on with: brigade run --resume ${folder.id}`,
      );
    }
  }
  return tellEnded(folder, ended, output);
}

/** A job that is refused has touched nothing, and is nothing to go on with. */
async function created(open: OpenRun, folder: RunFolder, record: RunRecord): Promise<string> {
  try {
    return await open.create(record.request);
  } catch (error) {
    folder.remove();
    throw error;
  }
}

async function follow(
  open: OpenRun,
  jobId: string,
  display: JobDisplay,
  stopping: Stopping,
): Promise<Look> {
  for (;;) {
    const { job, live } = await open.look(jobId);
    const look = lookOf(job, live);
    display.show(look);
    if (isEnded(look) || stopping.isAsked) {
      display.leave();
      return look;
    }
    await systemClock.sleep(POLL_MS, stopping.signal);
  }
}

function lookOf(job: Job, live: { readonly succeeded: number; readonly failed: number }): Look {
  return {
    id: job.id,
    status: job.status,
    total: job.tasksTotal ?? 0,
    succeeded: job.tasksSucceeded + live.succeeded,
    failed: job.tasksFailed + live.failed,
    reasons: job.failures.map(({ code, reason }) => `${code}: ${reason}`),
  };
}

/** Brings the report of a run that keeps it on this machine. Resolves to where it is; empty: nowhere. */
async function reportOfRun(
  open: OpenRun,
  folder: RunFolder,
  { request, reportFolder }: RunRecord,
  look: Look,
  output: Output,
): Promise<string> {
  const index = (prefix?: string): string => reportKeys(prefix, look.id).manifest;
  // Written by `begin`.
  const { Report: report } = request as Pick<CreateJobRequest, 'Report'>;
  if (reportFolder === undefined) {
    return `s3://${report?.Bucket?.split(':').at(-1)}/${index(report?.Prefix)}`;
  }
  const place = { bucket: folder.bucket, key: index() };
  const own = objectsClient({ ...open.place, region: 'us-east-1' });
  try {
    // A job that failed before its first task has nothing to report.
    if ((await own.send({ method: 'HEAD', ...place })).status === 404) return '';
    if (!output.isJson) await showFailures(own, place);
    const isEmpty = look.failed === 0 && report?.ReportScope !== 'AllTasks';
    if (isEmpty && reportFolder === folder.reportFolder) return '';
    return await bringReport(own, place, reportFolder, look.id);
  } finally {
    await own.close();
  }
}

async function showFailures(s3: S3Client, place: { bucket: string; key: string }): Promise<void> {
  let shown = 0;
  for (const file of (await readIndex(s3, place)).files.filter((one) => one.status === 'failed')) {
    for await (const row of rowsOf(s3, file)) {
      if (shown++ === SAMPLES) return;
      const { bucket, manifestKey, httpStatus, errorCode, message } = row;
      process.stdout.write(`  ${bucket}/${manifestKey}: ${httpStatus} ${errorCode} ${message}\n`);
    }
  }
}

function tellEnded(
  folder: RunFolder,
  { look, report }: NonNullable<RunRecord['ended']>,
  output: Output,
): number {
  folder.clear();
  if (report !== '' && (isS3Url(report) || existsSync(report))) output.say(`Report: ${report}`);
  return tellEnd(output, look, { run: folder.id, report: report === '' ? null : report });
}

export const RUN: readonly Command[] = [again, ...VERBS.map(ofVerb)];
