// Aim: every call x kind of caller x policy x own or foreign job, over HTTP with signed requests. What
// is expected stands in tables that were written by hand from the policies' text; nothing of the
// evaluator is asked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MANAGED_POLICIES } from '../../src/auth/index.ts';
import { examplesOfPage } from '../auth/access-page.ts';
import { createJobXml } from './world.ts';
import {
  ACCOUNT,
  type AccessWorld,
  type Credentials,
  openAccessWorld,
  OTHER_ACCOUNT,
  ROOT,
  userKey,
  waitingJob,
} from './access-world.ts';

const JOBS = '/v20180820/jobs';
const ROLE = 'arn:aws:iam::123456789012:role/batch-tagging';
let tokens = 0;

const created = (changes: Readonly<Record<string, string>>, role = ROLE) => ({
  method: 'POST',
  target: () => JOBS,
  body: () =>
    createJobXml({
      ClientRequestToken: `<ClientRequestToken>matrix-${++tokens}</ClientRequestToken>`,
      Priority: '<Priority>50</Priority>',
      RoleArn: `<RoleArn>${role}</RoleArn>`,
      ...changes,
    }),
});
const tag = (key: string, value: string): string =>
  `<Tags><member><Key>${key}</Key><Value>${value}</Value></member></Tags>`;
const tagged = (key: string, value: string) => ({
  method: 'PUT',
  target: (id: string) => `${JOBS}/${id}/tagging`,
  body: () => `<PutJobTaggingRequest>${tag(key, value)}</PutJobTaggingRequest>`,
});
const onJob = (method: string, rest = '') => ({
  method,
  target: (id: string) => `${JOBS}/${id}${rest}`,
  body: () => '',
});
const FUNCTION =
  '<Operation><LambdaInvoke><FunctionArn>arn:aws:lambda:us-east-1:123456789012:function:brigade-head</FunctionArn><InvocationSchemaVersion>2.0</InvocationSchemaVersion></LambdaInvoke></Operation>';

/** The jobs that these meet: department QA, priority 50, S3PutObjectTagging, waiting. */
const CALLS = {
  create: created({}),
  'create-tagged': created({ Tags: tag('department', 'QA') }),
  'create-other': created({ Tags: tag('department', 'Production') }),
  'create-high': created({ Priority: '<Priority>101</Priority>' }),
  'create-function': created({ Operation: FUNCTION }),
  'create-role': created({}, 'arn:aws:iam::123456789012:role/admin'),
  list: { method: 'GET', target: () => JOBS, body: () => '' },
  describe: onJob('GET'),
  priority: onJob('POST', '/priority?priority=60'),
  'priority-high': onJob('POST', '/priority?priority=200'),
  status: onJob('POST', '/status?requestedJobStatus=Ready'),
  'get-tags': onJob('GET', '/tagging'),
  'put-tags': tagged('department', 'QA'),
  'put-limit': tagged('brigade:max-tasks-per-second', '5'),
  'delete-tags': onJob('DELETE', '/tagging'),
} as const;
type CallName = keyof typeof CALLS;
const NAMES = Object.keys(CALLS) as CallName[]; // The keys of the object above.
const WITHOUT_JOB = NAMES.filter((name) => name.startsWith('create') || name === 'list');
const ON_JOB = NAMES.filter((name) => !WITHOUT_JOB.includes(name));

/** What a user with the tag department=QA may do to a job of the own account, and to one unseen. */
interface Allowed {
  readonly own: readonly CallName[];
  readonly unseen: readonly CallName[];
}

const ALLOWED: Readonly<Record<string, Allowed>> = {
  none: { own: [], unseen: [] },
  administrator: { own: NAMES, unseen: ON_JOB },
  'read-only': { own: ['list', 'describe', 'get-tags'], unseen: ['describe', 'get-tags'] },
  'job-operator': {
    own: ['list', 'describe', 'get-tags', 'priority', 'priority-high', 'status'],
    unseen: ['describe', 'get-tags', 'priority', 'priority-high', 'status'],
  },
  // Tags need s3:PutJobTagging, which it does not give.
  'priority-by-department': {
    own: ['create', 'create-function', 'priority'],
    unseen: ['priority'],
  },
  'own-department': {
    own: ['create-tagged', 'describe', 'priority', 'priority-high', 'status', 'put-tags'],
    unseen: ['put-tags'],
  },
  'confirm-waiting': { own: ['list', 'describe', 'status'], unseen: ['describe'] },
  'no-functions': {
    own: NAMES.filter((name) => name !== 'create-function'),
    unseen: ON_JOB,
  },
  'one-role': { own: ['create', 'create-high', 'create-function', 'list'], unseen: [] },
  'keep-limits': {
    own: [
      ...WITHOUT_JOB.filter((name) => name.startsWith('create')),
      ...(['put-tags', 'delete-tags'] as const),
    ],
    unseen: ['put-tags', 'delete-tags'],
  },
};

/** What the session of the kind `limited` is limited to, seen or unseen. */
const LIMIT: readonly CallName[] = [
  ...(['list', 'describe', 'create', 'create-tagged', 'priority', 'put-tags'] as const),
];
const LIMIT_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['s3:ListJobs', 's3:DescribeJob'], Resource: '*' },
    { Effect: 'Allow', Action: 'iam:PassRole', Resource: ROLE },
    {
      Effect: 'Allow',
      Action: ['s3:CreateJob', 's3:UpdateJobPriority'],
      Resource: '*',
      Condition: { NumericLessThanEquals: { 's3:RequestJobPriority': '100' } },
    },
    {
      Effect: 'Allow',
      Action: 's3:PutJobTagging',
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestTag/department': 'QA' } },
    },
    {
      Effect: 'Deny',
      Action: 's3:CreateJob',
      Resource: '*',
      Condition: { StringEquals: { 's3:RequestJobOperation': 'LambdaInvoke' } },
    },
  ],
});

type Kind =
  | 'root'
  | 'user'
  | 'group'
  | 'session'
  | 'limited'
  | 'disabled'
  | 'expired'
  | 'revoked'
  | 'foreign'
  | 'intruder'
  | 'anonymous';
const KINDS: readonly Kind[] = [
  ...(['root', 'user', 'group', 'session', 'limited', 'disabled', 'expired'] as const),
  ...(['revoked', 'foreign', 'intruder', 'anonymous'] as const),
];

function expected(kind: Kind, policy: string, call: CallName, isOwn: boolean): string {
  if (kind === 'anonymous' || kind === 'intruder') return '403 AccessDenied';
  if (kind === 'disabled' || kind === 'expired' || kind === 'revoked') {
    return '403 InvalidAccessKeyId';
  }
  const isOnJob = ON_JOB.includes(call);
  // Whoever is of the other account sees none of the jobs of this one, and the other way round.
  const isSeen = !isOnJob || (isOwn && kind !== 'foreign');
  const allowed = ALLOWED[policy]?.[isSeen ? 'own' : 'unseen'] ?? [];
  const isWithinLimit = kind !== 'limited' || LIMIT.includes(call);
  const isAllowed = kind === 'root' || (allowed.includes(call) && isWithinLimit);
  if (!isAllowed) return '403 AccessDenied';
  if (!isSeen) return '400 NotFoundException';
  // The roles of these requests are of the first account: permitted, and refused all the same.
  if (kind === 'foreign' && call.startsWith('create')) return '400 BadRequestException';
  return call === 'delete-tags' ? '204 ' : '200 ';
}

let world: AccessWorld;
const callers = new Map<string, Credentials | undefined>();
const pool: string[] = [];

before(async () => {
  world = await openAccessWorld();
  const { store, clock } = world;
  for (let i = 0; i < 300; i++) {
    const id = `own-${i}`;
    await waitingJob(store, id);
    pool.push(id);
  }
  await waitingJob(store, 'foreign-job', { account: OTHER_ACCOUNT });
  for (const account of [ACCOUNT, OTHER_ACCOUNT]) {
    const desk = world.desk(account);
    for (const { name, document } of examplesOfPage()) await desk.putPolicy(name, document);
    const mayFederate =
      '{"Statement": {"Effect": "Allow", "Action": "sts:GetFederationToken", "Resource": "*"}}';
    await desk.putPolicy('may-federate', mayFederate);
  }
  for (const policy of Object.keys(ALLOWED)) await addCallers(policy);
  clock.advance(61_000);
});
after(() => world.close());

async function addCallers(policy: string): Promise<void> {
  const { clock } = world;
  const desk = world.desk();
  const policies = policy === 'none' ? ['may-federate'] : [policy, 'may-federate'];
  const tags = [{ key: 'department', value: 'QA' }];
  const add = (kind: Kind, as: Credentials | undefined): void =>
    void callers.set(`${kind} ${policy}`, as);
  const user = (kind: Kind, more: object = {}): Promise<Credentials> =>
    userKey(desk, { user: `${kind}-${policy}`, tags, policies, ...more });

  add('root', ROOT);
  add('anonymous', undefined);
  const main = await user('user');
  add('user', main);
  const group = `g-${policy}`;
  for (const one of policies) await desk.attach(one, { kind: 'group', name: group });
  add('group', await user('group', { groups: [group], policies: [] }));
  add('session', await world.temporary(main, { Action: 'GetSessionToken' }));
  const federation = { Action: 'GetFederationToken', Name: 'limited', Policy: LIMIT_POLICY };
  add('limited', await world.temporary(main, federation));
  const disabled = await user('disabled');
  const revoked = await world.temporary(disabled, { Action: 'GetSessionToken' });
  await desk.setStatus(disabled.accessKeyId, 'Inactive');
  add('disabled', disabled);
  add('revoked', revoked);
  add('expired', await user('expired', { expiresAt: clock.now() + 60_000 }));
  const foreign = { user: `foreign-${policy}`, tags, policies };
  const foreigner = await userKey(world.desk(OTHER_ACCOUNT), foreign);
  add('foreign', foreigner);
  add('intruder', foreigner);
}

for (const kind of KINDS) {
  for (const policy of Object.keys(ALLOWED)) {
    test(`${kind} with ${policy}: each call is allowed or refused as its table says`, async () => {
      for (const call of NAMES) {
        for (const isOwn of ON_JOB.includes(call) ? [true, false] : [true]) {
          await check(kind, policy, call, isOwn);
        }
      }
    });
  }
}

async function check(kind: Kind, policy: string, name: CallName, isOwn: boolean): Promise<void> {
  const call = CALLS[name];
  const jobId = isOwn ? (pool.at(-1) ?? '') : 'foreign-job';
  const owner = isOwn ? ACCOUNT : OTHER_ACCOUNT;
  const jobBefore = await world.store.job(owner, jobId);
  assert.ok(jobBefore, 'There are not enough jobs for this matrix.');
  const account = kind === 'foreign' ? OTHER_ACCOUNT : ACCOUNT;
  // A foreigner meets the jobs of this account by their ids.
  const target = call.target(kind === 'foreign' ? (pool.at(-1) ?? '') : jobId);
  const jobs = await countOf(account);
  const reply = await world.ask({
    ...{ method: call.method, target, body: call.body(), account },
    as: callers.get(`${kind} ${policy}`),
  });
  const wanted = expected(kind, policy, name, isOwn);
  const cell = `${kind} | ${policy} | ${name} | ${isOwn ? 'own' : 'foreign'}: ${reply.body}`;
  assert.equal(`${reply.status} ${reply.code}`, wanted, cell);
  if (wanted.startsWith('2')) {
    if (ON_JOB.includes(name) && call.method !== 'GET') pool.pop();
    return;
  }
  assert.deepEqual(await world.store.job(owner, jobId), jobBefore, cell);
  assert.equal(await countOf(account), jobs, cell);
  assert.ok(!reply.body.includes('Suspended'), cell);
}

async function countOf(account: string): Promise<number> {
  const all = {
    account,
    statuses: [],
    operations: [],
    text: '',
    sort: 'created',
    isDescending: true,
  } as const;
  return (await world.store.findJobs({ ...all, offset: 0, limit: 0 })).total;
}

test('the table has every policy that there is, and every call of the API', () => {
  const documented = examplesOfPage().map(({ name }) => name);
  const known = ['none', ...Object.keys(MANAGED_POLICIES), ...documented];
  assert.deepEqual(Object.keys(ALLOWED).sort(), known.sort());
});
