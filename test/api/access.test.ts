// Aim: what a refusal tells the caller and what it tells the operator, the STS, and a database that is
// away while users call.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { AccessBook } from '../../src/model/access.ts';
import { StoreUnavailable } from '../../src/store/index.ts';
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
const list = (as: Credentials | undefined) => ({ method: 'GET', target: JOBS, as });
let world: AccessWorld;
let isAway = false;

before(async () => {
  world = await openAccessWorld({
    book: (store): AccessBook => ({
      ...store,
      grant: (id) => (isAway ? Promise.reject(new StoreUnavailable('away')) : store.grant(id)),
    }),
  });
  await waitingJob(world.store, 'a-job');
});
after(() => world.close());

test('a refusal says who, what and on what; the log says which statement', async () => {
  const desk = world.desk();
  const statement = { Sid: 'Never', Effect: 'Deny', Action: 's3:DescribeJob', Resource: '*' };
  await desk.putPolicy('never', JSON.stringify({ Statement: [statement] }));
  const as = await userKey(desk, { user: 'alice', policies: ['never', 'administrator'] });
  const before = world.logged.length;
  const reply = await world.ask({ method: 'GET', target: `${JOBS}/a-job`, as });
  assert.equal(reply.status, 403);
  assert.equal(
    reply.message,
    'User: arn:aws:iam::123456789012:user/alice is not authorized to perform: s3:DescribeJob on resource: "arn:aws:s3:us-east-1:123456789012:job/a-job" with an explicit deny in an identity-based policy',
  );
  const [line, ...rest] = world.logged.slice(before);
  assert.deepEqual(rest, []);
  assert.equal(line?.message, 'A call was denied.');
  const { requestId, ...fields } = line?.fields as { requestId: string };
  assert.ok(reply.body.includes(`<RequestId>${requestId}</RequestId>`));
  assert.deepEqual(fields, {
    accessKeyId: as.accessKeyId,
    principal: 'arn:aws:iam::123456789012:user/alice',
    action: 's3:DescribeJob',
    resource: 'arn:aws:s3:us-east-1:123456789012:job/a-job',
    why: 'explicit-deny',
    statement: { policy: 'never', index: 0, sid: 'Never' },
  });
  assert.ok(!JSON.stringify(world.logged).includes(as.secretAccessKey));
});

test('without permission, a job that is there and one that is not are refused alike', async () => {
  const as = await userKey(world.desk(), { user: 'blind' });
  const bodies = await Promise.all(
    ['a-job', 'no-job'].map(async (id) => {
      const reply = await world.ask({ method: 'GET', target: `${JOBS}/${id}`, as });
      return `${reply.status} ${reply.code} ${reply.message.replaceAll(id, 'ID')}`;
    }),
  );
  assert.equal(bodies[0], bodies[1]);
  assert.match(bodies[0] ?? '', /^403 AccessDenied .*no identity-based policy allows/);
});

test('a database that is away is 503 for users, who try again, and no 500', async () => {
  const as = await userKey(world.desk(), { user: 'waits', policies: ['read-only'] });
  assert.equal((await world.ask(list(as))).status, 200);
  isAway = true;
  world.clock.advance(5000);
  const away = await world.ask(list(as));
  const sts = await world.sts(as, { Action: 'GetCallerIdentity' });
  assert.deepEqual([away.status, away.code], [503, 'ServiceUnavailable']);
  assert.deepEqual([sts.status, sts.code], [503, 'ServiceUnavailable']);
  assert.equal((await world.ask(list(ROOT))).status, 200);
  isAway = false;
  assert.equal((await world.ask(list(as))).status, 200);
});

test('STS says who calls, in the names of AWS', async () => {
  const desk = world.desk(OTHER_ACCOUNT);
  await desk.putPolicy(
    'federates',
    '{"Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}',
  );
  const as = await userKey(desk, { user: 'carol', policies: ['federates'] });
  const who = async (by: Credentials) => {
    const { body } = await world.sts(by, { Action: 'GetCallerIdentity' });
    return ['Arn', 'Account'].map((name) => new RegExp(`<${name}>([^<]+)<`).exec(body)?.[1]);
  };
  assert.deepEqual(await who(ROOT), [`arn:aws:iam::${ACCOUNT}:root`, ACCOUNT]);
  assert.deepEqual(await who(as), [`arn:aws:iam::${OTHER_ACCOUNT}:user/carol`, OTHER_ACCOUNT]);
  const session = await world.temporary(as, { Action: 'GetSessionToken' });
  assert.deepEqual(await who(session), [`arn:aws:iam::${OTHER_ACCOUNT}:user/carol`, OTHER_ACCOUNT]);
  const federated = await world.temporary(as, { Action: 'GetFederationToken', Name: 'ci' });
  const arn = `arn:aws:sts::${OTHER_ACCOUNT}:federated-user/ci`;
  assert.deepEqual(await who(federated), [arn, OTHER_ACCOUNT]);
});

test('a federation without a policy may do nothing, even one of root', async () => {
  const federation = { Action: 'GetFederationToken', Name: 'nothing' };
  const reply = await world.ask(list(await world.temporary(ROOT, federation)));
  assert.deepEqual([reply.status, reply.code], [403, 'AccessDenied']);
  assert.match(reply.message, /because no session policy allows the s3:ListJobs action/);
  const Policy =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:List*","Resource":"*"}}';
  const limited = await world.temporary(ROOT, { ...federation, Policy });
  assert.equal((await world.ask(list(limited))).status, 200);
  const described = await world.ask({ method: 'GET', target: `${JOBS}/a-job`, as: limited });
  assert.equal(described.code, 'AccessDenied');
});

test('a session ends with ExpiredToken, an altered token is InvalidToken, none is no key', async () => {
  const as = await world.temporary(ROOT, { Action: 'GetSessionToken', DurationSeconds: '900' });
  assert.equal((await world.ask(list(as))).status, 200);
  const altered = { ...as, sessionToken: `${as.sessionToken?.slice(0, -2)}AA` };
  const invalid = await world.ask(list(altered));
  assert.deepEqual([invalid.status, invalid.code], [400, 'InvalidToken']);
  const { sessionToken: _, ...without } = as;
  const unknown = await world.ask(list(without));
  assert.deepEqual([unknown.status, unknown.code], [403, 'InvalidAccessKeyId']);
  const wrong = await world.ask(list({ ...as, secretAccessKey: 'guessed' }));
  assert.deepEqual([wrong.status, wrong.code], [403, 'SignatureDoesNotMatch']);
  world.clock.advance(900_000);
  const expired = await world.ask(list(as));
  assert.deepEqual([expired.status, expired.code], [400, 'ExpiredToken']);
});

test('STS refuses in its own words, and nothing else than it has', async () => {
  const as = await userKey(world.desk(), { user: 'dora', policies: ['read-only'] });
  const session = await world.temporary(as, { Action: 'GetSessionToken' });
  const stranger = { accessKeyId: 'BB000000000000000000', secretAccessKey: 'x' };
  const token = { Action: 'GetSessionToken' };
  const federation = { Action: 'GetFederationToken', Name: 'ab' };
  const cases: readonly (readonly [Credentials, Record<string, string>, number, string])[] = [
    [as, { Action: 'AssumeRole' }, 400, 'InvalidAction'],
    [as, { Action: '__proto__' }, 400, 'InvalidAction'],
    [as, {}, 400, 'InvalidAction'],
    [session, token, 403, 'AccessDenied'],
    [session, federation, 403, 'AccessDenied'],
    [as, federation, 403, 'AccessDenied'],
    [as, { ...token, DurationSeconds: '899' }, 400, 'ValidationError'],
    [as, { ...token, DurationSeconds: '129601' }, 400, 'ValidationError'],
    [as, { ...token, DurationSeconds: '1e3' }, 400, 'ValidationError'],
    [ROOT, { ...token, DurationSeconds: '3601' }, 400, 'ValidationError'],
    [as, { ...token, SerialNumber: 'x', TokenCode: '123456' }, 400, 'ValidationError'],
    [ROOT, { ...federation, Name: 'a' }, 400, 'ValidationError'],
    [ROOT, { ...federation, Name: 'a/b' }, 400, 'ValidationError'],
    [ROOT, { ...federation, Policy: '{}' }, 400, 'MalformedPolicyDocument'],
    [ROOT, { ...federation, Policy: ' '.repeat(2049) }, 400, 'ValidationError'],
    [ROOT, { ...federation, 'PolicyArns.member.1.arn': 'x' }, 400, 'ValidationError'],
    [stranger, token, 403, 'InvalidClientTokenId'],
    [{ ...as, secretAccessKey: 'x' }, token, 403, 'SignatureDoesNotMatch'],
    [
      { ...session, sessionToken: 'x' },
      { Action: 'GetCallerIdentity' },
      403,
      'InvalidClientTokenId',
    ],
  ];
  for (const [by, form, status, code] of cases) {
    const reply = await world.sts(by, form);
    assert.deepEqual([reply.status, reply.code], [status, code], JSON.stringify(form));
  }
  const unsigned = await world.ask({
    method: 'POST',
    target: '/',
    as: undefined,
    body: 'Action=x',
  });
  assert.deepEqual([unsigned.status, unsigned.code], [403, 'MissingAuthenticationToken']);
  // Signed for the API, and the other way round.
  const forApi = await world.ask({
    method: 'POST',
    target: '/',
    as,
    body: 'Action=GetSessionToken',
  });
  assert.equal(forApi.code, 'IncompleteSignature');
  const forSts = await world.ask({ ...list(as), service: 'sts' });
  assert.equal(forSts.status, 400);
});

test('a Deny keeps a user from temporary keys', async () => {
  const desk = world.desk();
  await desk.putPolicy(
    'no-sts',
    '{"Statement": {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}}',
  );
  const as = await userKey(desk, { user: 'eve', policies: ['administrator', 'no-sts'] });
  assert.equal((await world.sts(as, { Action: 'GetSessionToken' })).code, 'AccessDenied');
  assert.equal((await world.sts(as, { Action: 'GetCallerIdentity' })).status, 200);
});

test('whatever form is sent, STS answers it or refuses it, and never with a 500', async () => {
  const as = await userKey(world.desk(), { user: 'fuzz', policies: ['administrator'] });
  const action = fc.constantFrom('GetSessionToken', 'GetFederationToken', 'GetCallerIdentity');
  const name = fc.oneof(fc.constantFrom('Name', 'Policy', 'DurationSeconds'), fc.string());
  const form = fc.record({ action, rest: fc.dictionary(name, fc.string({ unit: 'binary' })) });
  await fc.assert(
    fc.asyncProperty(form, async ({ action: Action, rest }) => {
      const reply = await world.sts(as, { ...rest, Action });
      assert.ok(reply.status < 500, reply.body);
      assert.ok(reply.status === 200 || reply.code !== '', reply.body);
    }),
    { numRuns: 200 },
  );
});

test('temporary keys are no way around the rate of their key', async () => {
  const limited = await openAccessWorld({ requestsPerKey: 2 });
  try {
    const token = { Action: 'GetSessionToken' };
    const sessions = [await limited.temporary(ROOT, token), await limited.temporary(ROOT, token)];
    const codes: string[] = [];
    for (const as of [...sessions, ...sessions]) codes.push((await limited.ask(list(as))).code);
    // Four at once is what two a second lets pass, and two of them made the tokens.
    assert.deepEqual(codes, ['', '', 'SlowDown', 'SlowDown']);
  } finally {
    await limited.close();
  }
});
