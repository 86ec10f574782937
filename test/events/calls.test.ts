/** Every call leaves a record: who, from where, which job, allowed or not; and a flood fills nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { CallRecorder, type ObservedCall } from '../../src/events/index.ts';
import {
  type NewRecord,
  openSqliteStore,
  type Store,
  StoreUnavailable,
} from '../../src/store/index.ts';
import { ACCOUNT, createdJob, createJobXml, openWorld, OTHER_ACCOUNT } from '../api/world.ts';
import { openConsoleWorld } from '../api/console-world.ts';
import { settle } from './world.ts';

/** A record of CloudTrail, as a reader of it sees it. */
interface Read {
  readonly [name: string]: unknown;
  readonly eventName: string;
  readonly errorCode?: string;
  readonly userIdentity: Readonly<Record<string, unknown>>;
  readonly requestParameters: Readonly<Record<string, unknown>> | null;
  readonly responseElements: Readonly<Record<string, unknown>> | null;
  readonly additionalEventData: Readonly<Record<string, unknown>>;
}

function unpack({ body }: { readonly body: string }): Read {
  const packed = body.slice(body.indexOf(':') + 1);
  // The body of a call is a list of one record.
  const [read] = JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) as Read[];
  assert.ok(read);
  return read;
}

async function recordsOf(store: Store): Promise<Read[]> {
  return (await store.records(0, 1000)).map(unpack);
}

function recorderOf(store: Pick<Store, 'addRecords'>, clock = new ManualClock()): CallRecorder {
  const facts = { random: seededRandom(2), log: silentLog, region: 'us-east-1', account: ACCOUNT };
  return new CallRecorder({ store, clock, ...facts });
}

async function withWorld(
  use: (world: ReturnType<typeof openWorld>, records: () => Promise<Read[]>) => Promise<void>,
): Promise<void> {
  const store = openSqliteStore({ path: ':memory:' });
  const recorder = recorderOf(store);
  const world = openWorld({ store, observer: (call) => recorder.record(call) });
  try {
    await use(world, () => recordsOf(store));
  } finally {
    await world.close();
  }
}

test('each of the eight calls leaves one record when its answer is there', () =>
  withWorld(async (world, records) => {
    const id = await createdJob(world);
    const job = `/v20180820/jobs/${id}`;
    const tags =
      '<PutJobTaggingRequest><Tags><member><Key>k</Key><Value>v</Value></member></Tags></PutJobTaggingRequest>';
    await world.call('GET', '/v20180820/jobs?maxResults=5');
    await world.call('GET', job);
    await world.call('POST', `${job}/priority?priority=7`);
    await world.call('PUT', `${job}/tagging`, { body: tags });
    await world.call('GET', `${job}/tagging`);
    await world.call('DELETE', `${job}/tagging`);
    await world.call('POST', `${job}/status?requestedJobStatus=Cancelled&statusUpdateReason=why`);
    const found = await records();
    assert.deepEqual(
      found.map(({ eventName, readOnly, errorCode }) => [eventName, readOnly, errorCode]),
      [
        ['CreateJob', false, undefined],
        ['ListJobs', true, undefined],
        ['DescribeJob', true, undefined],
        ['UpdateJobPriority', false, undefined],
        ['PutJobTagging', false, undefined],
        ['GetJobTagging', true, undefined],
        ['DeleteJobTagging', false, undefined],
        ['UpdateJobStatus', false, undefined],
      ],
    );
    const [created, , described, priority, tagged, , , status] = found;
    assert.equal(created?.responseElements?.['jobId'], id);
    assert.equal(created.requestParameters?.['Priority'], 10);
    assert.deepEqual(created.userIdentity, {
      type: 'Root',
      principalId: ACCOUNT,
      arn: `arn:aws:iam::${ACCOUNT}:root`,
      accountId: ACCOUNT,
      accessKeyId: 'AKID',
    });
    assert.equal(created['recipientAccountId'], ACCOUNT);
    assert.equal(described?.requestParameters?.['jobId'], id);
    assert.equal(described.responseElements, null);
    assert.equal(priority?.requestParameters?.['priority'], '7');
    assert.deepEqual(tagged?.requestParameters?.['Tags'], [{ Key: 'k', Value: 'v' }]);
    assert.equal(status?.requestParameters?.['statusUpdateReason'], 'why');
    for (const read of found) {
      assert.equal(read['sourceIPAddress'], '127.0.0.1');
      assert.match(String(read['requestID']), /^[0-9A-F]{16}$/);
      assert.deepEqual([read['eventType'], read['managementEvent']], ['AwsApiCall', true]);
    }
  }));

test('refusals are recorded: bad input, another account, a wrong signature, no signature', () =>
  withWorld(async (world, records) => {
    const id = await createdJob(world);
    await world.call('POST', '/v20180820/jobs', { body: '<x>' });
    await world.call('GET', `/v20180820/jobs/${id}`, {
      accessKeyId: 'OTHER',
      account: OTHER_ACCOUNT,
    });
    await world.call('GET', `/v20180820/jobs/${id}`, {
      tamper: (request) => ({ ...request, target: request.target.replace(id, `${id}0`) }),
    });
    const unsigned = { method: 'GET', target: '/v20180820/jobs', headers: {}, body: '' };
    await world.send(unsigned);
    await world.send({ ...unsigned, target: '/v20180820/other' });
    const [, malformed, foreign, wrong, nobody, ...more] = await records();
    assert.deepEqual([malformed?.eventName, malformed?.errorCode], ['CreateJob', 'MalformedXML']);
    assert.equal(malformed?.responseElements, null);
    assert.deepEqual(
      [foreign?.errorCode, foreign?.['recipientAccountId']],
      [...['NotFoundException', OTHER_ACCOUNT]],
    );
    assert.equal(wrong?.errorCode, 'SignatureDoesNotMatch');
    assert.deepEqual(wrong?.userIdentity, {
      type: 'Unknown',
      principalId: '',
      accessKeyId: 'AKID',
    });
    // Nobody writes into the trail of an account by naming it.
    assert.equal(nobody?.['recipientAccountId'], ACCOUNT);
    assert.equal(nobody.userIdentity['accountId'], 'ANONYMOUS_PRINCIPAL');
    assert.deepEqual(more, [], 'what is no call has no record');
  }));

test('what a function is given, and signatures, are not in the record', () =>
  withWorld(async (world, records) => {
    const body = createJobXml({
      Operation:
        '<Operation><LambdaInvoke><FunctionArn>arn:aws:lambda:us-east-1:123456789012:function:f</FunctionArn><InvocationSchemaVersion>2.0</InvocationSchemaVersion><UserArguments><entry><key>token</key><value>hunter2</value></entry></UserArguments></LambdaInvoke></Operation>',
    });
    assert.equal((await world.call('POST', '/v20180820/jobs', { body })).status, 200);
    const [read] = await records();
    const text = JSON.stringify(read);
    assert.ok(text.includes('HIDDEN_DUE_TO_SECURITY_REASONS'));
    assert.ok(!text.includes('hunter2') && !text.includes('Signature='));
  }));

test('what the console changes, and who signs in, is recorded; what it looks at is not', async () => {
  const calls: ObservedCall[] = [];
  const observer = (call: ObservedCall): Promise<void> => Promise.resolve(void calls.push(call));
  const world = openConsoleWorld({ observer });
  try {
    const cookie = await world.signIn();
    const headers = { cookie };
    await world.call('GET', 'jobs', { headers });
    await world.call('POST', 'jobs/none/status', { headers, body: { status: 'Cancelled' } });
    await world.call('POST', 'jobs', { headers, body: {} });
    await world.call('POST', 'session', { body: { accessKeyId: 'AKID', secretAccessKey: 'no' } });
    assert.deepEqual(
      calls.map(({ name, jobId, error, principal }) => [
        ...[name, jobId, error?.code, principal?.accessKeyId],
      ]),
      [
        ['ConsoleLogin', '', undefined, 'AKID'],
        ['UpdateJobStatus', 'none', 'NotFoundException', 'AKID'],
        ['CreateJob', '', calls[2]?.error?.code, 'AKID'],
        ['ConsoleLogin', '', calls[3]?.error?.code, undefined],
      ],
    );
    assert.ok(calls[2]?.error && calls[3]?.error);
    assert.deepEqual(calls[1]?.parameters?.['status'], 'Cancelled');
    assert.ok(!JSON.stringify(calls[3]).includes('secretAccessKey'));
  } finally {
    await world.close();
  }
});

const CALL: ObservedCall = {
  name: 'DescribeJob',
  principal: undefined,
  claimedKeyId: 'K',
  sourceIp: '10.0.0.1',
  userAgent: 'u',
  requestId: 'r',
  hostId: 'h',
  isTls: false,
  parameters: {},
  jobId: '',
  createdJobId: undefined,
  error: undefined,
};
const REFUSED: ObservedCall = {
  ...CALL,
  error: { code: 'AccessDenied', message: 'Access Denied' },
};

test('a flood of refusals is ten records a minute and a number, for each caller and error', async () => {
  const store = openSqliteStore({ path: ':memory:' });
  const clock = new ManualClock();
  const recorder = recorderOf(store, clock);
  for (let i = 0; i < 500; i++) await recorder.record(REFUSED);
  await recorder.record({ ...REFUSED, sourceIp: '10.0.0.2' });
  for (let i = 0; i < 20; i++) await recorder.record(CALL);
  assert.equal((await recordsOf(store)).length, 31, 'calls that were answered are all recorded');
  clock.advance(60_000);
  await recorder.record(REFUSED);
  const summary = (await recordsOf(store)).find((read) => read.additionalEventData['repeats']);
  assert.deepEqual(summary?.additionalEventData['repeats'], 490);
  // Callers without number are bounded too.
  for (let i = 0; i < 5000; i++) await recorder.record({ ...REFUSED, claimedKeyId: `K${i}` });
  const count = (await store.records(0, 10_000)).length;
  assert.ok(count < 33 + 1000 + 11, String(count));
  await store.close();
});

test('a store that is away, or full, holds up no call for long and loses nothing in silence', async () => {
  const clock = new ManualClock();
  let rows: NewRecord[] = [];
  let mode: 'away' | 'silent' | 'full' | 'good' = 'away';
  const recorder = recorderOf(
    {
      addRecords: async (added) => {
        if (mode === 'away') throw new StoreUnavailable('away');
        if (mode === 'silent') await new Promise(() => undefined);
        if (mode === 'full') return false;
        rows = [...rows, ...added];
        return true;
      },
    },
    clock,
  );
  await recorder.record(CALL);
  await recorder.record(CALL);
  assert.equal(rows.length, 0);
  mode = 'good';
  clock.advance(1000);
  await recorder.record(CALL);
  assert.equal(rows.length, 3, 'what waited is there');
  mode = 'full';
  await recorder.record(CALL);
  mode = 'good';
  clock.advance(1000);
  await recorder.record(CALL);
  assert.deepEqual(
    rows.slice(3).map((row) => unpack(row).eventName),
    ['DescribeJob', 'CallsNotRecorded'],
  );
  const lost = rows.map(unpack).find(({ eventName }) => eventName === 'CallsNotRecorded');
  assert.deepEqual(lost?.['serviceEventDetails'], { count: 1 });
  mode = 'silent';
  let isAnswered = false;
  const answered = recorder.record(CALL).then(() => (isAnswered = true));
  await settle();
  assert.equal(isAnswered, false);
  clock.advance(1000);
  await answered;
});
