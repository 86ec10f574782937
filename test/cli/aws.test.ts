// Aim: what `brigade jobs` sends when its endpoint is AWS's own: every request of the real binary
// that would go to amazonaws.com comes to a stub here instead, over TLS, under its own name. Host,
// region, service and account of each are as AWS wants them; what AWS lacks never arrives.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { CERTIFICATES } from '../lib/certificates.ts';
import { cliPlace, type CliPlace, type Said } from './world.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';
const ID = '00000000-0000-4000-8000-000000000000';
const ROLE = ['--role-arn', `arn:aws:iam::${ACCOUNT}:role/r`];
const CONTROL = `${ACCOUNT}.s3-control.${REGION}.amazonaws.com`;

interface Asked {
  readonly host: string;
  /** Method and path, without the query. */
  readonly call: string;
  readonly query: string;
  /** `region/service` of the signature. */
  readonly scope: string;
  readonly account: string | undefined;
  readonly body: string;
}

const asked: Asked[] = [];
beforeEach(() => void (asked.length = 0));

const JOB = `<Job><JobId>${ID}</JobId><Status>Complete</Status><Priority>10</Priority>
  <Operation><S3DeleteObjectTagging/></Operation><RoleArn>arn:aws:iam::${ACCOUNT}:role/r</RoleArn>
  <Report><Enabled>false</Enabled></Report>
  <ManifestGenerator><S3JobManifestGenerator><SourceBucket>arn:aws:s3:::b</SourceBucket>
  <EnableManifestOutput>false</EnableManifestOutput></S3JobManifestGenerator></ManifestGenerator>
  <ProgressSummary><TotalNumberOfTasks>2</TotalNumberOfTasks>
  <NumberOfTasksSucceeded>2</NumberOfTasksSucceeded><NumberOfTasksFailed>0</NumberOfTasksFailed>
  </ProgressSummary></Job>`;

/** By method and path; `*` stands for the id of the job. */
const ANSWERS: Readonly<Record<string, string>> = {
  'POST /': `<R><GetCallerIdentityResult><Account>${ACCOUNT}</Account></GetCallerIdentityResult></R>`,
  'GET /v20180820/jobs': `<ListJobsResult><Jobs><member><JobId>${ID}</JobId></member></Jobs></ListJobsResult>`,
  'POST /v20180820/jobs': `<CreateJobResult><JobId>${ID}</JobId></CreateJobResult>`,
  'GET /v20180820/jobs/*': `<DescribeJobResult>${JOB}</DescribeJobResult>`,
  'POST /v20180820/jobs/*/status': `<UpdateJobStatusResult><JobId>${ID}</JobId><Status>Ready</Status></UpdateJobStatusResult>`,
  'POST /v20180820/jobs/*/priority': `<UpdateJobPriorityResult><JobId>${ID}</JobId><Priority>7</Priority></UpdateJobPriorityResult>`,
  'GET /v20180820/jobs/*/tagging': '<GetJobTaggingResult><Tags/></GetJobTaggingResult>',
  'PUT /v20180820/jobs/*/tagging': '<PutJobTaggingResult/>',
  'GET /photos/list.csv': 'photos,a\nphotos,b\n',
};

const aws = createServer(CERTIFICATES.trusted, (request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const call = `${request.method} ${path.replace(ID, '*')}`;
    const { authorization = '', host = '', 'x-amz-account-id': account } = request.headers;
    const [, scope = ''] =
      /Credential=[^/]+\/\d{8}\/([^/]+\/[^/]+)\/aws4_request/.exec(authorization) ?? [];
    asked.push({ host, call, query, scope, account: account?.toString(), body });
    const answer = ANSWERS[call];
    response.writeHead(answer === undefined ? 404 : 200, { etag: '"0123456789abcdef"' });
    response.end(answer);
  });
});

let place: CliPlace;
let env: Readonly<Record<string, string>>;
before(async () => {
  aws.listen(0, '127.0.0.1');
  await once(aws, 'listening');
  const { port } = aws.address() as AddressInfo;
  const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  place = cliPlace({ endpoint: 'http://127.0.0.1:1', ...keys }, { AWS_ENDPOINT_URL_S3: '' });
  env = { NODE_OPTIONS: `--import ${detour(port)}` };
});
after(async () => {
  await place.stop();
  aws.close();
});

/** A module that leads every TLS connection to amazonaws.com to the stub, and lets no other out. */
function detour(port: number): string {
  return `data:text/javascript,${encodeURIComponent(`
    import dns from 'node:dns';
    import { syncBuiltinESMExports } from 'node:module';
    import tls from 'node:tls';
    dns.lookup = (name, options, done) =>
      options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);
    const connect = tls.connect;
    tls.connect = (options, ...rest) => {
      const name = options.servername || options.host;
      if (!/\\.amazonaws\\.com$/.test(name)) throw new Error('No test goes to ' + name);
      const ca = ${JSON.stringify(CERTIFICATES.trusted.cert)};
      const there = { host: '127.0.0.1', port: ${port}, servername: 'localhost', ca };
      return connect({ ...options, ...there }, ...rest);
    };
    syncBuiltinESMExports();
  `)}`;
}

const endpoint = ['--endpoint', `https://s3-control.${REGION}.amazonaws.com`];

async function jobs(args: readonly string[], settings: Record<string, string> = {}): Promise<Said> {
  return place.brigade(['jobs', ...args], { env: { ...env, ...settings } });
}

/** What reached AWS beside the question whose key it is. */
const calls = (): Asked[] => asked.filter(({ host }) => !host.startsWith('sts.'));

const SENT: readonly (readonly [readonly string[], readonly string[]])[] = [
  [['list'], ['GET /v20180820/jobs']],
  [['describe', ID], ['GET /v20180820/jobs/*']],
  [['watch', ID], ['GET /v20180820/jobs/*']],
  [
    ['confirm', ID],
    ['GET /v20180820/jobs/*', 'POST /v20180820/jobs/*/status'],
  ],
  [['cancel', ID, '--reason', 'no'], ['POST /v20180820/jobs/*/status']],
  [['priority', ID, '7'], ['POST /v20180820/jobs/*/priority']],
  [
    ['tags', ID, '--set', 'a=b'],
    ['GET /v20180820/jobs/*/tagging', 'PUT /v20180820/jobs/*/tagging'],
  ],
  [['create', 'untag', '--list', 's3://b/p', ...ROLE], ['POST /v20180820/jobs']],
  [
    ['clone', ID],
    ['GET /v20180820/jobs/*', 'GET /v20180820/jobs/*/tagging', 'POST /v20180820/jobs'],
  ],
];

test('each command sends its calls to the host of the account, signed for the region of the endpoint', async () => {
  for (const [args, sent] of SENT) {
    asked.length = 0;
    const said = await jobs([...args, ...endpoint, '--region', REGION]);
    assert.equal(said.code, 0, `${args.join(' ')}: ${said.stderr}`);
    assert.deepEqual(asked[0]?.host, `sts.${REGION}.amazonaws.com`);
    assert.equal(asked[0].scope, `${REGION}/sts`);
    assert.deepEqual(
      calls().map(({ call }) => call),
      sent,
      args.join(' '),
    );
    for (const { host, scope, account } of calls()) {
      assert.deepEqual([host, scope, account], [CONTROL, `${REGION}/s3`, ACCOUNT], args.join(' '));
    }
  }
});

test('the region is that of the endpoint when none is named, and the endpoint that of the region', async () => {
  await jobs(['list', ...endpoint]);
  await jobs(['list', ...endpoint, '--region', 'us-west-2']);
  await jobs(['list', '--region', REGION]);
  await jobs(['list'], { AWS_REGION: REGION });
  const all = calls().map(({ host, scope }) => [host, scope]);
  assert.deepEqual(
    all,
    Array.from({ length: 4 }, () => [CONTROL, `${REGION}/s3`]),
  );
  asked.length = 0;
  await jobs([
    'list',
    '--endpoint',
    'https://s3-control-fips.dualstack.us-gov-west-1.amazonaws.com',
    '--account',
    ACCOUNT,
  ]);
  assert.deepEqual(
    asked.map(({ host, scope }) => [host, scope]),
    [[`${ACCOUNT}.s3-control-fips.dualstack.us-gov-west-1.amazonaws.com`, 'us-gov-west-1/s3']],
  );
});

test('a named account is not asked for', async () => {
  const said = await jobs(['list', ...endpoint, '--account', '444455556666']);
  assert.equal(said.code, 0, said.stderr);
  assert.deepEqual(
    asked.map(({ host }) => host),
    [`444455556666.s3-control.${REGION}.amazonaws.com`],
  );
});

test('a job for AWS is AWS alone: its role, its report, its list with the ETag, and no tag of ours', async () => {
  const list = ['--manifest', 's3://photos/list.csv', '--report', 's3://photos/reports/'];
  const said = await jobs([
    'create',
    'checksum',
    '--algorithm',
    'SHA256',
    ...list,
    ...ROLE,
    ...endpoint,
    '--region',
    REGION,
  ]);
  assert.equal(said.code, 0, said.stderr);
  const [read, create] = calls();
  assert.equal(read?.host, `s3.${REGION}.amazonaws.com`);
  assert.deepEqual([read.call, read.scope], ['GET /photos/list.csv', `${REGION}/s3`]);
  const body = create?.body ?? '';
  assert.match(body, /<RoleArn>arn:aws:iam::111122223333:role\/r<\/RoleArn>/);
  assert.match(body, /<ETag>0123456789abcdef<\/ETag>/);
  assert.match(body, /<ExpectedBucketOwner>111122223333<\/ExpectedBucketOwner>/);
  assert.match(body, /<Field|<member>Bucket/);
  assert.doesNotMatch(body, /brigade:/);
});

test('what AWS has not is said in a sentence, and nothing arrives there', async () => {
  const json = (changes: object): string =>
    JSON.stringify({ ConfirmationRequired: true, Priority: 1, ...changes });
  const lacking: (readonly [readonly string[], RegExp])[] = [
    [['pause', ID], /pausing a job/],
    [['resume', ID], /pausing and resuming/],
    [['retry-failed', ID], /retries from a report/],
    [['tags', ID, '--set', 'brigade:concurrency=3'], /the option brigade:concurrency/],
    [['create', 'untag', '--list', 's3://b/', '--rate', '3', ...ROLE], /brigade:max-tasks/],
    [['create', 'untag', '--list', 's3://b/', '--dry-run', ...ROLE], /brigade:dry-run/],
    [['create', 'delete', '--yes', '--list', 's3://b/', ...ROLE], /function brigade-delete/],
    [
      ['create', 'encrypt', '--kms-key', 'k', '--copy-in-place', '--list', 's3://b/', ...ROLE],
      /brigade:encryption/,
    ],
    [
      [
        'create',
        '--cli-input-json',
        json({ Operation: { LambdaInvoke: { FunctionArn: 'brigade-head' } } }),
      ],
      /function brigade-head/,
    ],
    [
      ['create', '--cli-input-json', json({ Tags: [{ Key: 'brigade:retry', Value: 'all' }] })],
      /brigade:retry/,
    ],
    [
      [
        'create',
        '--cli-input-json',
        json({
          Manifest: {
            Spec: { Format: 'S3BatchOperations_CSV_20180820' },
            Location: { ObjectArn: 'arn:aws:s3:::b/x.csv.gz' },
          },
        }),
      ],
      /lists other than plain CSV/,
    ],
  ];
  for (const [args, says] of lacking) {
    const said = await jobs([...args, ...endpoint, '--account', ACCOUNT]);
    assert.equal(said.code, 1, `${args.join(' ')}: ${said.stdout}${said.stderr}`);
    assert.match(said.stderr, says);
    assert.match(said.stderr, /AWS's own S3 Batch Operations has not got .* Use a Bucket Brigade/);
  }
  const roleless = await jobs([
    'create',
    'untag',
    '--list',
    's3://b/',
    ...endpoint,
    '--account',
    ACCOUNT,
  ]);
  assert.equal(roleless.code, 64);
  assert.match(roleless.stderr, /needs --role-arn on AWS/);
  assert.deepEqual(asked, []);
});
