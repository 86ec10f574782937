/**
 * What the doctor finds out about a planned job: whether CreateJob would take it, whether its list can
 * be read and means what it should, whether its operation can work here, whether its report can be
 * written. It does no task; what it writes is one object under the report's prefix, which it removes.
 */
import { plannedJob } from '../api/index.ts';
import { silentLog } from '../base/log.ts';
import { createFunctions } from '../functions/index.ts';
import { ManifestCutter, ManifestDefect, readTasks } from '../manifest/index.ts';
import { ApiError } from '../model/api-error.ts';
import type { JobRequest } from '../model/job.ts';
import type { Task } from '../model/outcome.ts';
import { OPERATION_NAMES } from '../model/vocabulary.ts';
import { type OpenUploads, OPERATIONS } from '../operations/index.ts';
import { type S3Answer, type S3Client, toOutcome } from '../s3/index.ts';
import type { Config } from './config.ts';
import type { DoctorNeeds } from './doctor-endpoint.ts';
import { openRoles } from './open-roles.ts';
import { type Finding, ok, problem, said, warning } from './finding.ts';
import { supportsOf } from './supports.ts';

/** Of a manifest: enough for some hundred rows. */
const HEAD_BYTES = 128 * 1024;
const LINE_FEED = 10;

/** `service`: asks with the service's own key, and over the connections of it. */
export async function* examineJob(
  service: DoctorNeeds & { readonly s3: S3Client },
  text: string,
): AsyncGenerator<Finding> {
  const request = readJob(text, service.config);
  if ('verdict' in request) {
    yield request;
    return;
  }
  yield ok('job', 'CreateJob would accept it.');
  const { config, endpoint } = service;
  const roles = openRoles({ ...service, ...endpoint, client: service.s3, log: silentLog });
  try {
    const as = await roles?.s3Of({ id: 'doctor', account: config.account, request });
    if (as?.ok === false) {
      const { message, again } = as.failure;
      yield again === 'never' ? problem('role', message) : warning('role', message);
      return;
    }
    if (as) yield ok('role', `What follows is asked as ${request.RoleArn}.`);
    yield* examineAs({ ...service, s3: as?.s3 ?? service.s3 }, request);
  } finally {
    await roles?.close();
  }
}

async function* examineAs(needs: DoctorNeeds, request: JobRequest): AsyncGenerator<Finding> {
  const list = await examineList(needs, request);
  yield* list.findings;
  if (list.first) yield await examineObject(needs, list.first);
  const bucket = list.first?.bucket ?? list.bucket;
  if (bucket !== undefined) yield await examineOperation(needs, request, bucket);
  if (request.Report?.Enabled) yield* examineReport(needs, request);
}

function readJob(text: string, { account, roles }: Config): JobRequest | Finding {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return problem('job', `The file is not JSON: ${said(error)}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return problem('job', 'The file must hold one object, as aws s3control create-job takes it.');
  }
  // The aws cli takes it from here for its header; it is no member of the body.
  const { AccountId = account, ...body } = json as { readonly AccountId?: unknown };
  if (AccountId !== account) {
    const text = `It is for the account ${String(AccountId)}, this service serves ${account}.`;
    return problem('job', text);
  }
  try {
    return plannedJob(body, account, supportsOf(roles));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return problem('job', `CreateJob would refuse it: ${error.code}: ${error.message}`);
  }
}

interface ListReport {
  readonly findings: readonly Finding[];
  readonly first?: Task;
  /** Of a list whose rows were not read. */
  readonly bucket?: string;
}

async function examineList(needs: DoctorNeeds, request: JobRequest): Promise<ListReport> {
  const { Manifest: manifest, ManifestGenerator: generator } = request;
  if (generator) return examineGenerator(needs, generator.S3JobManifestGenerator?.SourceBucket);
  const { ObjectArn, ObjectVersionId, ETag } = manifest?.Location ?? {};
  const [, bucket = '', key = ''] = /:::([^/]+)\/(.+)$/s.exec(ObjectArn ?? '') ?? [];
  const query: Record<string, string> = ObjectVersionId ? { versionId: ObjectVersionId } : {};
  const object = { bucket, key, query };
  const title = `${bucket}/${key}`;
  const head = await needs.s3.send({ method: 'HEAD', ...object });
  if (!toOutcome(head).ok) {
    const advice = head.status === 404 ? ' Upload it, or correct its ARN.' : '';
    return {
      findings: [problem('manifest', `${title} cannot be read: ${answered(head)}.${advice}`)],
    };
  }
  const [etag, asked] = [head.headers['etag'], ETag].map((one) => one?.replaceAll('"', ''));
  if (etag !== asked) {
    const text = `${title} has the ETag ${etag}, the job names ${asked}: the job would fail. Was it uploaded again?`;
    return { findings: [problem('manifest', text)] };
  }
  const bytes = Number(head.headers['content-length']);
  const there = ok('manifest', `${title} is there, with the ETag of the job and ${bytes} bytes.`);
  if (manifest?.Spec?.Format !== 'S3BatchOperations_CSV_20180820') {
    const text = 'It is an inventory: its files are read when the job is prepared.';
    return { findings: [there, ok('manifest', text)] };
  }
  const range = { range: `bytes=0-${HEAD_BYTES - 1}` };
  const start = await needs.s3.send({ method: 'GET', ...object, headers: range });
  if (!toOutcome(start).ok) {
    return {
      findings: [there, problem('manifest', `Its rows cannot be read: ${answered(start)}.`)],
    };
  }
  const { finding, first } = examineRows(start.body, bytes, manifest.Spec.Fields ?? []);
  return { findings: [there, finding], ...(first ? { first } : {}) };
}

function examineRows(
  start: Buffer,
  bytes: number,
  fields: ConstructorParameters<typeof ManifestCutter>[0]['fields'],
): { readonly finding: Finding; readonly first?: Task } {
  // The last row may be cut off.
  const whole = bytes <= start.length ? start : start.subarray(0, start.lastIndexOf(LINE_FEED) + 1);
  try {
    const cutter = new ManifestCutter({ fields, chunkRows: 1 });
    const [chunk] = [...cutter.push(whole), ...cutter.end()];
    const first = chunk && readTasks(start.subarray(chunk.start, chunk.end), fields).at(0);
    const { rows } = cutter.checkpoint();
    if (!first) return { finding: problem('manifest', 'It has no rows.') };
    const text = `Its first ${rows} rows are good; the first names ${first.bucket}/${first.key}.`;
    return { finding: ok('manifest', text), first };
  } catch (error) {
    if (!(error instanceof ManifestDefect)) throw error;
    return { finding: problem('manifest', `The job would fail: ${error.message}`) };
  }
}

async function examineGenerator({ s3 }: DoctorNeeds, arn: string | undefined): Promise<ListReport> {
  const bucket = arn?.split(':').at(-1) ?? '';
  const query = { 'list-type': '2', 'max-keys': '1' };
  const answer = await s3.send({ method: 'GET', bucket, query });
  if (!toOutcome(answer).ok) {
    const text = `The bucket ${bucket} cannot be listed: ${answered(answer)}.`;
    return { findings: [problem('generator', text)] };
  }
  return { findings: [ok('generator', `The bucket ${bucket} can be listed.`)], bucket };
}

async function examineObject({ s3 }: DoctorNeeds, task: Task): Promise<Finding> {
  const { bucket, key, versionId } = task;
  const query: Record<string, string> = versionId ? { versionId } : {};
  const answer = await s3.send({ method: 'HEAD', bucket, key, query });
  const title = `${bucket}/${key}`;
  if (toOutcome(answer).ok) return ok('object', `The first row's object, ${title}, can be read.`);
  if (answer.status === 404) {
    return warning(
      'object',
      `The first row's object, ${title}, does not exist: its task would fail.`,
    );
  }
  const text = `The first row's object, ${title}, cannot be read: ${answered(answer)}. Does the role of the job, or the key of the service, have the rights that the operation needs?`;
  return problem('object', text);
}

/** What the operation itself looks at before its first task. */
async function examineOperation(
  { config, endpoint, s3, clock, random }: DoctorNeeds,
  request: JobRequest,
  bucket: string,
): Promise<Finding> {
  const name = OPERATION_NAMES.find((one) => request.Operation?.[one] !== undefined);
  if (!name) return problem('operation', 'The job names no operation.');
  const functions = createFunctions({
    registered: config.functions,
    invokeApi: config.lambda,
    environment: {
      ...config.environment,
      AWS_ENDPOINT_URL_S3: endpoint.endpoint,
      AWS_ACCESS_KEY_ID: endpoint.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: endpoint.credentials.secretAccessKey,
    },
    connections: 1,
    clock,
  });
  try {
    const job = { id: random.uuid(), account: config.account };
    const place = { s3, bucket, job, functions, uploads: NONE, clock, random, log: silentLog };
    const opened = await OPERATIONS[name].open(request, place, new AbortController().signal);
    if (opened.ok) {
      return ok(
        'operation',
        `${name} can begin on ${bucket}.${opened.note ? ` ${opened.note}` : ''}`,
      );
    }
    if (opened.again) return warning('operation', `${name} would wait: ${opened.reason}`);
    return problem(
      'operation',
      `${name} would fail the job before its first task: ${opened.reason}`,
    );
  } finally {
    await functions.close();
  }
}

/** Nothing runs here that could have an upload open. */
const NONE: OpenUploads = {
  opened: () => Promise.resolve(),
  closed: () => Promise.resolve(),
  of: () => Promise.resolve([]),
};

async function* examineReport(
  { s3, random }: DoctorNeeds,
  { Report: report }: JobRequest,
): AsyncGenerator<Finding> {
  const bucket = report?.Bucket?.split(':').at(-1) ?? '';
  const owner = report?.ExpectedBucketOwner;
  const headers: Record<string, string> = owner ? { 'x-amz-expected-bucket-owner': owner } : {};
  const key = `${report?.Prefix ? `${report.Prefix}/` : ''}brigade-doctor-${random.hex(8)}`;
  const title = `${bucket}/${key}`;
  const put = await s3.send({
    method: 'PUT',
    bucket,
    key,
    headers,
    body: 'A test by brigade doctor.',
  });
  if (!toOutcome(put).ok) {
    yield problem(
      'report',
      `${title} cannot be written: ${answered(put)}. The job would fail at its end.`,
    );
    return;
  }
  const version: Record<string, string> = {};
  if (put.headers['x-amz-version-id']) version['versionId'] = put.headers['x-amz-version-id'];
  const removed = await s3.send({ method: 'DELETE', bucket, key, headers, query: version });
  yield toOutcome(removed).ok
    ? ok('report', `${title} could be written, and was removed again.`)
    : warning('report', `${title} was written for a test and stays there: ${answered(removed)}.`);
  const query = { uploads: '', 'max-uploads': '1' };
  const uploads = await s3.send({ method: 'GET', bucket, query, headers });
  if (toOutcome(uploads).ok) return;
  const text = `Uploads of ${bucket} cannot be listed (${answered(uploads)}): what a crash leaves half uploaded will not be cleaned up.`;
  yield warning('report', text);
}

function answered(answer: S3Answer): string {
  const outcome = toOutcome(answer);
  if (outcome.ok) return String(answer.status);
  const { httpStatus, code, message } = outcome;
  return `${httpStatus === 0 ? '' : `${httpStatus} `}${code}: ${message.replace(/\.$/, '')}`;
}
