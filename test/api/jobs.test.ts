// Aim: the calls about jobs that exist: describe, list, priority, status, tags; each with what it
// refuses.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { JobEvent } from '../../src/lifecycle/index.ts';
import { JOB_STATUSES, type JobStatus } from '../../src/model/vocabulary.ts';
import { createdJob, openWorld, OTHER_ACCOUNT, type Reply, type World } from './world.ts';

const world = openWorld();
after(() => world.close());

/** How a job comes to each status. */
const ROADS: Readonly<Record<JobStatus, readonly JobEvent[]>> = {
  New: [],
  Preparing: ['PreparationStarted'],
  Suspended: ['PreparationStarted', 'PreparedForConfirmation'],
  Ready: ['PreparationStarted', 'Prepared'],
  Active: ['PreparationStarted', 'Prepared', 'Scheduled'],
  Pausing: ['PreparationStarted', 'Prepared', 'Scheduled', 'Preempted'],
  Paused: ['PreparationStarted', 'Prepared', 'Scheduled', 'Preempted', 'Drained'],
  Completing: ['PreparationStarted', 'Prepared', 'Scheduled', 'TasksDone'],
  Complete: ['PreparationStarted', 'Prepared', 'Scheduled', 'TasksDone', 'Finished'],
  Cancelling: ['CancelRequested'],
  Cancelled: ['CancelRequested', 'Finished'],
  Failing: ['FailureDetected'],
  Failed: ['FailureDetected', 'Finished'],
};

let tokens = 0;
async function jobIn(status: JobStatus, at: World = world): Promise<string> {
  const ClientRequestToken = `<ClientRequestToken>t${tokens++}</ClientRequestToken>`;
  const id = await createdJob(at, { ClientRequestToken });
  for (const event of ROADS[status]) {
    const failure = { code: 'InternalError', reason: 'because & <so>' } as const;
    const applied = await at.store.apply(id, event, {
      at: at.clock.now(),
      ...(event === 'FailureDetected' ? { failure } : {}),
    });
    assert.ok(applied.ok, `${event} on the way to ${status}`);
  }
  return id;
}

const valueOf = (reply: Reply, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(reply.body)?.[1];
const describe = (id: string, at: World = world): Promise<Reply> =>
  at.call('GET', `/v20180820/jobs/${id}`);
const ask = (id: string, query: string): Promise<Reply> =>
  world.call('POST', `/v20180820/jobs/${id}/status?${query}`);

test('a described job shows its times, counters and failures', async () => {
  const own = openWorld();
  const id = await jobIn('Active', own);
  own.clock.advance(2_500);
  const active = await describe(id, own);
  assert.equal(valueOf(active, 'Status'), 'Active');
  assert.equal(valueOf(active, 'ElapsedTimeInActiveSeconds'), '2');
  assert.equal(valueOf(active, 'CreationTime'), '2026-01-01T00:00:00Z');
  assert.equal(valueOf(active, 'TerminationDate'), undefined);
  assert.equal(valueOf(active, 'JobArn'), `arn:aws:s3:us-east-1:123456789012:job/${id}`);
  const failed = await describe(await jobIn('Failed', own), own);
  assert.equal(valueOf(failed, 'FailureCode'), 'InternalError');
  assert.equal(valueOf(failed, 'FailureReason'), 'because &amp; &lt;so&gt;');
  assert.equal(valueOf(failed, 'TerminationDate'), '2026-01-01T00:00:02.500Z');
  await own.close();
});

test('a job that waits for confirmation says so', async () => {
  const reply = await describe(await jobIn('Suspended'));
  assert.equal(valueOf(reply, 'SuspendedCause'), 'AWAITING_CONFIRMATION');
  assert.equal(valueOf(reply, 'SuspendedDate'), '2026-01-01T00:00:00Z');
});

test('live progress counts on top of what is committed', async () => {
  const own = openWorld();
  const live = new Map([['x', { succeeded: 7, failed: 2 }]]);
  const shown = openWorld({
    store: {
      ...own.store,
      liveCounts: (ids) =>
        Promise.resolve(new Map(ids.map((id) => [id, live.get('x') ?? never()]))),
    },
  });
  const id = await jobIn('Active', shown);
  const target = `/v20180820/jobs`;
  for (const reply of [await describe(id, shown), await shown.call('GET', target)]) {
    assert.equal(valueOf(reply, 'NumberOfTasksSucceeded'), '7');
    assert.equal(valueOf(reply, 'NumberOfTasksFailed'), '2');
  }
  await shown.app.close();
  await own.close();
});

function never(): never {
  throw new Error('The map has its key.');
}

test('a job that does not exist, or is of another account, is not found by any call', async () => {
  const id = await jobIn('New');
  const tagging = '<PutJobTaggingRequest><Tags/></PutJobTaggingRequest>';
  const calls: [string, string, string][] = [
    ['GET', '', ''],
    ['POST', '/priority?priority=1', ''],
    ['POST', '/status?requestedJobStatus=Cancelled', ''],
    ['GET', '/tagging', ''],
    ['PUT', '/tagging', tagging],
    ['DELETE', '/tagging', ''],
  ];
  const other = { accessKeyId: 'OTHER', account: OTHER_ACCOUNT };
  for (const [method, rest, body] of calls) {
    for (const [name, options] of [
      ['nothing-of-that-name', {}],
      ['%00%2F', {}],
      [id, other],
    ] as const) {
      const reply = await world.call(method, `/v20180820/jobs/${name}${rest}`, {
        body,
        ...options,
      });
      const seen = [reply.status, reply.code, reply.message];
      assert.deepEqual(seen, [400, 'NotFoundException', 'No such job'], `${method} ${name}${rest}`);
    }
  }
  assert.equal(valueOf(await describe(id), 'Status'), 'New');
});

test('only a suspended job can be confirmed', async () => {
  for (const status of JOB_STATUSES) {
    const reply = await ask(await jobIn(status), 'requestedJobStatus=Ready');
    if (status === 'Suspended') {
      assert.deepEqual([reply.status, valueOf(reply, 'Status')], [200, 'Ready']);
    } else {
      assert.deepEqual([reply.status, reply.code], [400, 'JobStatusException'], status);
      assert.equal(reply.message, `The job is ${status}: it cannot become Ready.`);
    }
  }
});

test('a job can be paused by its user while it runs or waits for its turn, and once', async () => {
  const becomes: Partial<Record<JobStatus, string>> = {
    Ready: 'Paused',
    Active: 'Pausing',
    Pausing: 'Pausing',
    Paused: 'Paused',
  };
  for (const status of JOB_STATUSES) {
    const id = await jobIn(status);
    const reply = await ask(id, 'requestedJobStatus=Paused');
    if (becomes[status] === undefined) {
      assert.deepEqual([reply.status, reply.code], [400, 'JobStatusException'], status);
      assert.equal(reply.message, `The job is ${status}: it cannot become Paused.`);
      continue;
    }
    assert.deepEqual([reply.status, valueOf(reply, 'Status')], [200, becomes[status]], status);
    const again = await ask(id, 'requestedJobStatus=Paused');
    assert.equal(again.message, `The job is ${becomes[status]}: it cannot become Paused.`);
  }
});

test('a job that its user paused is resumed by Ready, and its time in Active does not run meanwhile', async () => {
  const own = openWorld();
  const id = await jobIn('Active', own);
  const request = async (status: string): Promise<string | undefined> =>
    valueOf(
      await own.call('POST', `/v20180820/jobs/${id}/status?requestedJobStatus=${status}`),
      'Status',
    );
  own.clock.advance(3_000);
  assert.equal(await request('Paused'), 'Pausing');
  own.clock.advance(60_000);
  await own.store.apply(id, 'Drained', { at: own.clock.now() });
  assert.equal(await request('Ready'), 'Ready');
  assert.equal(valueOf(await describe(id, own), 'ElapsedTimeInActiveSeconds'), '3');
  await own.close();
});

test('a job can be cancelled from every status but the ends and those on the way there', async () => {
  const refused = ['Completing', 'Complete', 'Cancelling', 'Cancelled', 'Failing', 'Failed'];
  for (const status of JOB_STATUSES) {
    const reply = await ask(await jobIn(status), 'requestedJobStatus=Cancelled');
    if (refused.includes(status)) {
      assert.deepEqual([reply.status, reply.code], [400, 'JobStatusException'], status);
      assert.equal(reply.message, `The job is ${status}: it cannot become Cancelled.`);
    } else {
      assert.deepEqual([reply.status, valueOf(reply, 'Status')], [200, 'Cancelling'], status);
    }
  }
});

test('the reason of an update is answered and described', async () => {
  const id = await jobIn('New');
  const reply = await ask(
    id,
    'requestedJobStatus=Cancelled&statusUpdateReason=too%20big%20%26%20late',
  );
  assert.equal(valueOf(reply, 'StatusUpdateReason'), 'too big &amp; late');
  assert.equal(valueOf(await describe(id), 'StatusUpdateReason'), 'too big &amp; late');
});

test('wrong parameters of UpdateJobStatus are refused by name', async () => {
  const id = await jobIn('New');
  const cases: [string, RegExp][] = [
    ['', /^requestedJobStatus: is required$/],
    ['requestedJobStatus=ready', /^requestedJobStatus: must be one of Ready, Cancelled, Paused$/],
    ['requestedJobStatus=Active', /^requestedJobStatus: must be one of/],
    ['requestedJobStatus=Ready&requestedJobStatus=Ready', /^requestedJobStatus: .*more than once/],
    ['requestedJobStatus=Cancelled&statusUpdateReason=', /^statusUpdateReason: must have 1 to 256/],
    [
      `requestedJobStatus=Cancelled&statusUpdateReason=${'x'.repeat(257)}`,
      /^statusUpdateReason: must have 1 to 256/,
    ],
    ['requestedJobStatus=Cancelled&statusUpdateReason=%01', /^statusUpdateReason: .*XML can carry/],
  ];
  for (const [query, message] of cases) {
    const reply = await ask(id, query);
    assert.deepEqual([reply.status, reply.code], [400, 'BadRequestException'], query);
    assert.match(reply.message, message);
  }
  assert.equal(valueOf(await describe(id), 'Status'), 'New');
});

test('a priority is changed while the job lives, and not after its end', async () => {
  for (const status of JOB_STATUSES) {
    const id = await jobIn(status);
    const reply = await world.call('POST', `/v20180820/jobs/${id}/priority?priority=2147483647`);
    const isOver = ['Complete', 'Cancelled', 'Failed'].includes(status);
    const code = isOver ? 'BadRequestException' : '';
    assert.deepEqual([reply.status, reply.code], [isOver ? 400 : 200, code], status);
    assert.equal(valueOf(await describe(id), 'Priority'), isOver ? '10' : '2147483647');
  }
});

test('priorities out of range are refused by name', async () => {
  const id = await jobIn('New');
  for (const priority of ['-1', '2147483648', '1.5', 'x', '', '1e3', '9'.repeat(30)]) {
    const reply = await world.call('POST', `/v20180820/jobs/${id}/priority?priority=${priority}`);
    assert.equal(reply.code, 'BadRequestException', priority);
    assert.equal(reply.message, 'priority: must be between 0 and 2147483647');
  }
  const missing = await world.call('POST', `/v20180820/jobs/${id}/priority`);
  assert.equal(missing.message, 'priority: is required');
});

test('a list has the newest jobs first and its pages neither lose nor repeat one', async () => {
  const own = openWorld();
  const ids: string[] = [];
  for (let i = 0; i < 7; i++) {
    ids.unshift(await jobIn('New', own));
    if (i % 3 === 2) own.clock.advance(1000); // Several jobs share a moment.
  }
  const whole = await own.call('GET', '/v20180820/jobs');
  const listed = [...whole.body.matchAll(/<JobId>([^<]+)</g)].map((m) => m[1] ?? '');
  assert.deepEqual([...listed].sort(), [...ids].sort());
  assert.ok(!whole.body.includes('NextToken'));
  for (const size of [1, 2, 3, 7]) {
    const paged: string[] = [];
    let token = '';
    do {
      const next = token === '' ? '' : `&nextToken=${token}`;
      const page = await own.call('GET', `/v20180820/jobs?maxResults=${size}${next}`);
      const found = [...page.body.matchAll(/<JobId>([^<]+)</g)].map((m) => m[1] ?? '');
      assert.ok(found.length > 0 && found.length <= size);
      paged.push(...found);
      token = valueOf(page, 'NextToken') ?? '';
      assert.match(token, /^[A-Za-z0-9_-]*$/);
      if (paged.length === size) await jobIn('New', own); // A new job does not shift the pages.
    } while (token !== '');
    assert.deepEqual(paged, listed, `pages of ${size}`);
    const again = await own.call('GET', '/v20180820/jobs');
    listed.splice(
      0,
      listed.length,
      ...[...again.body.matchAll(/<JobId>([^<]+)</g)].map((m) => m[1] ?? ''),
    );
  }
  await own.close();
});

test('a list holds the statuses that were asked for', async () => {
  const own = openWorld();
  for (const status of ['New', 'Suspended', 'Complete', 'New'] as const) await jobIn(status, own);
  const statusesOf = async (query: string): Promise<string[]> => {
    const reply = await own.call('GET', `/v20180820/jobs?${query}`);
    assert.equal(reply.status, 200, reply.body);
    return [...reply.body.matchAll(/<Status>([^<]+)</g)].map((m) => m[1] ?? '').sort();
  };
  assert.deepEqual(await statusesOf(''), ['Complete', 'New', 'New', 'Suspended']);
  assert.deepEqual(await statusesOf('jobStatuses=New'), ['New', 'New']);
  assert.deepEqual(await statusesOf('jobStatuses=New&jobStatuses=Complete&jobStatuses=New'), [
    'Complete',
    'New',
    'New',
  ]);
  assert.deepEqual(await statusesOf('jobStatuses=Failed'), []);
  assert.deepEqual(await statusesOf('maxResults=0'), ['Complete', 'New', 'New', 'Suspended']);
  await own.close();
});

test('wrong parameters of ListJobs are refused by name', async () => {
  const cases: [string, string, string][] = [
    ['jobStatuses=Nope', 'InvalidRequestException', 'jobStatuses: '],
    ['jobStatuses=', 'InvalidRequestException', 'jobStatuses: '],
    ['maxResults=1001', 'InvalidRequestException', 'maxResults: must be between 0 and 1000'],
    ['maxResults=-1', 'InvalidRequestException', 'maxResults: '],
    ['maxResults=x', 'InvalidRequestException', 'maxResults: '],
    ['nextToken=', 'InvalidNextTokenException', 'nextToken: '],
    ['nextToken=abc', 'InvalidNextTokenException', 'nextToken: '],
    [`nextToken=${'a'.repeat(1025)}`, 'InvalidNextTokenException', 'nextToken: '],
    [
      `nextToken=${Buffer.from("1:x' OR 1").toString('base64url')}`,
      'InvalidNextTokenException',
      'nextToken: ',
    ],
  ];
  for (const [query, code, message] of cases) {
    const reply = await world.call('GET', `/v20180820/jobs?${query}`);
    assert.deepEqual([reply.status, reply.code], [400, code], query);
    assert.ok(reply.message.startsWith(message), reply.message);
  }
});

test('tags of a job are put, replaced, read and deleted', async () => {
  const id = await jobIn('New');
  const target = `/v20180820/jobs/${id}/tagging`;
  const bodyOf = (...tags: string[]): string =>
    `<PutJobTaggingRequest xmlns="x"><Tags>${tags.map((t) => `<member><Key>${t}</Key><Value>v ${t}</Value></member>`).join('')}</Tags></PutJobTaggingRequest>`;
  const keysOf = async (): Promise<string[]> => {
    const reply = await world.call('GET', target);
    return [...reply.body.matchAll(/<member><Key>([^<]+)</g)].map((m) => m[1] ?? '');
  };
  assert.deepEqual(await keysOf(), []);
  const put = await world.call('PUT', target, { body: bodyOf('a', 'ü') });
  assert.deepEqual([put.status, put.body], [200, '']);
  assert.deepEqual(await keysOf(), ['a', 'ü']);
  await world.call('PUT', target, { body: bodyOf('c') });
  assert.deepEqual(await keysOf(), ['c']);
  const deleted = await world.call('DELETE', target);
  assert.deepEqual([deleted.status, deleted.body], [204, '']);
  assert.deepEqual(await keysOf(), []);
  await world.call('PUT', target, { body: bodyOf('d') });
  await world.call('PUT', target, { body: bodyOf() });
  assert.deepEqual(await keysOf(), []);
});

test('options among the tags are checked when they change, and a settled one stays as it was created', async () => {
  const member = (key: string, value: string): string =>
    `<member><Key>brigade:${key}</Key><Value>${value}</Value></member>`;
  const put = (id: string, ...options: [string, string][]): Promise<Reply> =>
    world.call('PUT', `/v20180820/jobs/${id}/tagging`, {
      body: `<PutJobTaggingRequest><Tags>${options.map(([k, v]) => member(k, v)).join('')}</Tags></PutJobTaggingRequest>`,
    });
  const real = await jobIn('Active');
  const dry = await createdJob(world, {
    ClientRequestToken: '<ClientRequestToken>dry</ClientRequestToken>',
    Tags: `<Tags>${member('dry-run', 'true')}</Tags>`,
  });
  assert.equal(
    (await put(real, ['max-tasks-per-second', '12.5'], ['concurrency', '9'])).status,
    200,
  );
  assert.match(
    (await put(real, ['concurrency', '0'])).message,
    /^Tags\[0\]\.Value: must be a whole/,
  );
  assert.match((await put(real, ['speed', '1'])).message, /^Tags\[0\]\.Key: brigade:speed is no/);
  const settled = /^Tags\[0\]\.Value: brigade:dry-run is settled when the job is created$/;
  assert.match((await put(real, ['dry-run', 'true'])).message, settled);
  assert.match((await put(dry, ['dry-run', 'false'])).message, settled);
  assert.equal((await put(dry, ['dry-run', 'true'], ['task-timeout', '30'])).status, 200);
  assert.equal((await put(dry)).status, 200, 'leaving it out changes nothing');
  assert.equal((await put('no-such-job', ['speed', '1'])).code, 'NotFoundException');
});

test('tags that a job cannot have are refused, more than fifty with TooManyTagsException', async () => {
  const id = await jobIn('New');
  const put = (tags: string): Promise<Reply> =>
    world.call('PUT', `/v20180820/jobs/${id}/tagging`, {
      body: `<PutJobTaggingRequest>${tags}</PutJobTaggingRequest>`,
    });
  const tag = (key: string, value = 'v'): string =>
    `<member><Key>${key}</Key><Value>${value}</Value></member>`;
  const many = (count: number): string =>
    `<Tags>${Array.from({ length: count }, (_, i) => tag(`k${i}`)).join('')}</Tags>`;
  assert.equal((await put(many(50))).status, 200);
  assert.equal((await put(many(51))).code, 'TooManyTagsException');
  const cases: [string, RegExp][] = [
    ['', /^Tags: is required$/],
    [`<Tags>${tag('')}</Tags>`, /^Tags\[0\]\.Key: must have 1 to 128/],
    [`<Tags>${tag('𝒳'.repeat(128))}</Tags>`, /^$/],
    [`<Tags>${tag('𝒳'.repeat(129))}</Tags>`, /^Tags\[0\]\.Key: must have 1 to 128/],
    [`<Tags>${tag('a', 'x'.repeat(257))}</Tags>`, /^Tags\[0\]\.Value: must have 0 to 256/],
    [`<Tags>${tag('a;b')}</Tags>`, /^Tags\[0\]\.Key: must hold only letters/],
    [`<Tags>${tag('aws:a')}</Tags>`, /reserved prefix aws:/],
    [`<Tags>${tag('a')}${tag('a')}</Tags>`, /^Tags\[1\]\.Key: must be unique$/],
    ['<Tags><member><Key>a</Key></member></Tags>', /^Tags\[0\]\.Value: is required$/],
  ];
  for (const [tags, message] of cases) assert.match((await put(tags)).message, message);
});

test('unknown paths and methods are answered in the same XML', async () => {
  const cases: [string, string, number, string][] = [
    ['GET', '/v20180820/nothing', 404, 'NoSuchOperation'],
    ['GET', '/v20180820/jobs/', 404, 'NoSuchOperation'],
    ['GET', '/v20180820/jobs/x/', 404, 'NoSuchOperation'],
    ['GET', '/v20180820/jobs/x/tagging/y', 404, 'NoSuchOperation'],
    ['GET', '/v20180820/jobs/x/nope', 404, 'NoSuchOperation'],
    ['DELETE', '/v20180820/jobs/x', 405, 'MethodNotAllowed'],
    ['PATCH', '/v20180820/jobs', 405, 'MethodNotAllowed'],
    ['GET', '/v20180820/jobs/x/status', 405, 'MethodNotAllowed'],
    ['GET', '/other', 404, 'NoSuchOperation'],
  ];
  for (const [method, target, status, code] of cases) {
    const reply = await world.call(method, target);
    assert.deepEqual([reply.status, reply.code], [status, code], `${method} ${target}`);
    assert.match(
      reply.body,
      /^<\?xml .*\n<ErrorResponse xmlns="[^"]*"><Error><Type>Sender<\/Type>/,
    );
  }
});

test('every answer has both request ids', async () => {
  const id = await jobIn('New');
  for (const target of ['/v20180820/jobs', `/v20180820/jobs/${id}`, '/v20180820/%zz', '/other']) {
    const { headers, body } = await world.call('GET', target);
    assert.match(String(headers['x-amz-request-id']), /^[0-9A-F]{16}$/, target);
    assert.match(String(headers['x-amz-id-2']), /^\S{16,}$/, target);
    if (body.includes('<RequestId>')) {
      assert.ok(body.includes(`<RequestId>${String(headers['x-amz-request-id'])}</RequestId>`));
    }
  }
});

test('a bug gives a 500 without internals, logged under its request id', async () => {
  const own = openWorld();
  const broken = openWorld({
    store: { ...own.store, jobs: () => Promise.reject(new Error('disk of /secret/path is full')) },
  });
  const reply = await broken.call('GET', '/v20180820/jobs');
  assert.deepEqual([reply.status, reply.code], [500, 'InternalServiceException']);
  assert.match(reply.body, /<Type>Receiver<\/Type>/);
  assert.ok(!/secret|disk|at .*:\d+/.test(reply.body), reply.body);
  const [entry] = broken.logged;
  assert.ok(entry !== undefined && 'requestId' in entry.fields && 'error' in entry.fields);
  assert.equal(entry.fields.requestId, reply.headers['x-amz-request-id']);
  assert.match(String(entry.fields.error), /disk of/);
  await broken.app.close();
  await own.close();
});
