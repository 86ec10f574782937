/**
 * Whether whoever is known may do what they ask for. Calls and the console's views say what they
 * need; it is decided here and nowhere else.
 *
 * I1. Needs are judged before a call runs, so that nothing is changed, and nothing learnt of a job,
 *     without them: a job that is not there and one that may not be seen get the same answer.
 * I2. A refusal names the caller, the action and the resource, as AWS's does; the statement that
 *     decided is for the operator's log only.
 */
import type { FastifyRequest } from 'fastify';
import {
  type ContextEntries,
  type Decision,
  isUnlimited,
  judge,
  type Principal,
  tagEntries,
} from '../auth/index.ts';
import { silentLog } from '../base/log.ts';
import { ApiError } from '../model/api-error.ts';
import type { Job } from '../model/job.ts';
import type { ApiDeps, Need, Visitor } from './call.ts';

/** Where a request comes from, and whose it is. */
export function visitorOf(request: FastifyRequest, principal: Principal): Visitor {
  const { ip: sourceIp, id: requestId, protocol } = request;
  return { principal, sourceIp, isTls: protocol === 'https', requestId };
}

type JudgeDeps = Pick<ApiDeps, 'clock' | 'log'>;

/** `find` looks at what the request is about, and is not called for those who may do everything. */
export async function authorize(
  find: () => Promise<readonly Need[]>,
  visitor: Visitor,
  deps: JudgeDeps,
): Promise<void> {
  if (isUnlimited(visitor.principal)) return;
  for (const need of await find()) demand(need, visitor, deps);
}

/** Throws AccessDenied. */
export function demand(need: Need, visitor: Visitor, deps: JudgeDeps): void {
  const decision = decisionOn(need, visitor, deps);
  if (!decision.isAllowed) refuse(need, visitor, decision, deps);
}

/** As `demand`, for what needs no permission and may be taken away all the same. */
export function unlessDenied(need: Need, visitor: Visitor, deps: JudgeDeps): void {
  const decision = decisionOn(need, visitor, deps);
  if (decision.why.endsWith('explicit-deny')) refuse(need, visitor, decision, deps);
}

function decisionOn(need: Need, visitor: Visitor, { clock }: JudgeDeps): Decision {
  const { principal, sourceIp, isTls } = visitor;
  const { action, resource } = need;
  const now = clock.now();
  const entries: ContextEntries = {
    ...need.entries,
    'aws:SourceIp': sourceIp,
    'aws:SecureTransport': isTls,
    'aws:CurrentTime': new Date(now).toISOString(),
    'aws:EpochTime': Math.floor(now / 1000),
  };
  return judge(principal, { action, resource, entries });
}

function refuse(need: Need, visitor: Visitor, decision: Decision, { log }: JudgeDeps): never {
  const { principal, requestId } = visitor;
  const { action, resource } = need;
  const { accessKeyId, arn } = principal;
  const { why, by: statement } = decision;
  const fields = { requestId, accessKeyId, principal: arn, action, resource, why, statement };
  (log ?? silentLog).info(fields, 'A call was denied.');
  throw new ApiError('AccessDenied', refusalOf(arn, need, decision));
}

function refusalOf(arn: string, { action, resource }: Need, { why }: Decision): string {
  const what = why.startsWith('session') ? 'a session policy' : 'an identity-based policy';
  const because = why.endsWith('explicit-deny')
    ? `with an explicit deny in ${what}`
    : `because no ${what.replace(/^an? /, '')} allows the ${action} action`;
  return `User: ${arn} is not authorized to perform: ${action} on resource: "${resource}" ${because}`;
}

export function jobArn(region: string, account: string, jobId: string): string {
  return `arn:aws:s3:${region}:${account}:job/${jobId}`;
}

export type JobAction =
  | 's3:DescribeJob'
  | 's3:UpdateJobPriority'
  | 's3:UpdateJobStatus'
  | 's3:GetJobTagging'
  | 's3:PutJobTagging'
  | 's3:DeleteJobTagging';

/** Which of AWS's keys about the job itself an action has; its tags are known to all of them. */
const KNOWS_EXISTING: readonly JobAction[] = [
  's3:UpdateJobPriority',
  's3:UpdateJobStatus',
  's3:PutJobTagging',
  's3:DeleteJobTagging',
];

/** What an action on one job needs; a job that is not there has no properties to ask for. */
export async function jobNeed(
  action: JobAction,
  { account, jobId }: { readonly account: string; readonly jobId: string },
  { store, region }: Pick<ApiDeps, 'store' | 'region'>,
  entries: ContextEntries = {},
): Promise<Need> {
  const job = await store.job(account, jobId);
  const resource = jobArn(region, account, jobId);
  return { action, resource, entries: { ...entries, ...(job ? entriesOf(job, action) : {}) } };
}

function entriesOf(job: Job, action: JobAction): ContextEntries {
  const existing = {
    's3:ExistingJobOperation': job.operation,
    's3:ExistingJobPriority': job.priority,
  };
  const isWaiting = job.status === 'Suspended' && action === 's3:UpdateJobStatus';
  return {
    ...tagEntries('aws:ResourceTag', job.tags),
    ...(KNOWS_EXISTING.includes(action) ? existing : {}),
    ...(isWaiting && job.suspendedCause ? { 's3:JobSuspendedCause': job.suspendedCause } : {}),
  };
}

type Tags = Parameters<typeof tagEntries>[1];

/** Tags that a request would give a job. */
export function requestTagEntries(tags: Tags): ContextEntries {
  return {
    ...tagEntries('aws:RequestTag', tags),
    'aws:TagKeys': tags.map(({ Key = '' }) => Key),
  };
}

interface NewJob {
  readonly operation: string | undefined;
  readonly priority: number | undefined;
  readonly roleArn: string | undefined;
  readonly tags: Tags;
}

/** CreateJob, the role that is handed over, and tags, which are a permission of their own. */
export function createJobNeeds(
  job: NewJob,
  account: string,
  { region }: Pick<ApiDeps, 'region'>,
): readonly Need[] {
  const { operation, priority, roleArn, tags } = job;
  const tagged = tags.length === 0 ? {} : requestTagEntries(tags);
  const passed = { 'iam:PassedToService': 'batchoperations.s3.amazonaws.com' };
  const entries: ContextEntries = {
    ...tagged,
    ...(operation === undefined ? {} : { 's3:RequestJobOperation': operation }),
    ...(priority === undefined ? {} : { 's3:RequestJobPriority': priority }),
  };
  return [
    { action: 's3:CreateJob', resource: '*', entries },
    { action: 'iam:PassRole', resource: roleArn ?? '', entries: passed },
    ...(tags.length === 0
      ? []
      : [{ action: 's3:PutJobTagging', resource: jobArn(region, account, '*'), entries: tagged }]),
  ];
}
