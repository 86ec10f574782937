/**
 * `brigade doctor`, the real binary. Aim: nothing wrong, nothing found; and each thing that can be
 * wrong is found, named, and comes with what to do about it.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createS3, type S3Client } from '../../src/s3/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { startPostgres } from '../lib/postgres.ts';
import { freePort, startService } from '../lib/service.ts';
import { CREDENTIALS, startTestSandbox } from '../sandbox/start.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const NODE = join(REPOSITORY, 'node_modules/.bin/node');
const BRIGADE = join(REPOSITORY, 'bin/brigade.js');
const [KEY] = CREDENTIALS;

interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'problem';
  readonly text: string;
}

interface Diagnosis {
  readonly code: number;
  readonly findings: readonly Finding[];
}

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let s3: S3Client;
let settings: Record<string, string>;
let folder: string;
before(async () => {
  sandbox = await startTestSandbox();
  const { endpoint, region } = sandbox;
  s3 = createS3({ endpoint, region, credentials: KEY, clock: systemClock, random: systemRandom });
  for (const bucket of ['objects', 'reports', 'staging']) await s3.send({ method: 'PUT', bucket });
});
after(async () => {
  await s3.close();
  await sandbox.stop();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brigade-doctor-'));
  settings = {
    BRIGADE_DATA_DIR: join(folder, 'data'),
    BRIGADE_PORT: String(await freePort()),
    BRIGADE_S3_ENDPOINT: sandbox.endpoint,
    BRIGADE_S3_ACCESS_KEY_ID: KEY.accessKeyId,
    BRIGADE_S3_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    BRIGADE_S3_REGION: sandbox.region,
  };
});

afterEach(() => rm(folder, { recursive: true }));

function run(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env['PATH'], ...settings };
  return new Promise((done) => {
    execFile(NODE, [BRIGADE, 'doctor', ...args], { cwd: folder, env }, (error, out, err) => {
      done({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

async function diagnose(job?: unknown): Promise<Diagnosis> {
  const args = ['--json'];
  if (job !== undefined) {
    const path = join(folder, 'create-job.json');
    await writeFile(path, typeof job === 'string' ? job : JSON.stringify(job));
    args.push('--job', path);
  }
  const { code, out, err } = await run(args);
  assert.equal(err, '');
  // What the binary wrote; a wrong shape fails the test.
  const { problems, findings } = JSON.parse(out) as { problems: number; findings: Finding[] };
  assert.equal(problems, findings.filter(({ verdict }) => verdict === 'problem').length);
  assert.equal(code, problems > 0 ? 1 : 0);
  return { code, findings };
}

/** Exactly this is found beside what is well. */
function assertFinds(
  { findings }: Diagnosis,
  ...expected: readonly (readonly [Finding['verdict'], string, RegExp])[]
): void {
  // How fast this machine's disk is just now is not the test's matter.
  const ill = findings.filter(
    ({ verdict, text }) => verdict !== 'ok' && !text.includes('That is slow for SQLite'),
  );
  const all = JSON.stringify(findings, null, 1);
  assert.deepEqual(
    ill.map(({ verdict, check }) => [verdict, check]),
    expected.map(([verdict, check]) => [verdict, check]),
    all,
  );
  ill.forEach(({ text }, index) => assert.match(text, expected[index]?.[2] ?? /^$/));
}

async function put(bucket: string, key: string, body: string): Promise<string> {
  const answer = await s3.send({ method: 'PUT', bucket, key, body });
  assert.equal(answer.status, 200);
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

async function plannedJob(rows = 'objects,a%20b\nobjects,c\n') {
  await put('objects', 'a b', 'content');
  const etag = await put('objects', 'manifest.csv', rows);
  return {
    AccountId: '123456789012',
    ConfirmationRequired: false,
    Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'a', Value: 'b' }] } } as object,
    Manifest: {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
      Location: { ObjectArn: 'arn:aws:s3:::objects/manifest.csv', ETag: etag },
    },
    Report: {
      Enabled: true,
      Bucket: 'arn:aws:s3:::reports',
      Prefix: 'all',
      Format: 'Report_CSV_20180820',
      ReportScope: 'AllTasks',
    },
    Priority: 1,
    RoleArn: 'arn:aws:iam::123456789012:role/role',
  };
}

test('where nothing is wrong, nothing is found, and nothing is left behind', async () => {
  const diagnosis = await diagnose(await plannedJob());
  assertFinds(diagnosis);
  const checks = diagnosis.findings.map(({ check }) => check);
  for (const check of [
    'node',
    'settings',
    'data folder',
    'disk',
    'port',
    'database',
    'endpoint',
    'clock',
    'credentials',
    'path style',
    'staging',
    'job',
    'manifest',
    'object',
    'operation',
    'report',
  ]) {
    assert.ok(checks.includes(check), `${check} is not among ${checks.join()}`);
  }
  const list = await s3.send({ method: 'GET', bucket: 'reports', query: { 'list-type': '2' } });
  assert.doesNotMatch(list.body.toString(), /<Key>/);
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  assert.deepEqual(
    files
      .filter((file) => file.isFile())
      .map(({ name }) => name)
      .sort(),
    ['claim.db', 'create-job.json'],
  );
});

test('a page for people says the same in lines, and wrong usage is told', async () => {
  settings['BRIGADE_S3_SECRET_ACCESS_KEY'] = 'wrong';
  const { code, out } = await run([]);
  assert.equal(code, 1);
  assert.match(out, /^ok {7}node {10}Node\.js/m);
  assert.match(out, /^PROBLEM {2}credentials {3}The access key .+SignatureDoesNotMatch/m);
  assert.match(out, /^1 problems, [01] warnings\.$/m);
  for (const args of [['--what'], ['--job'], ['--job', 'no-such-file.json']]) {
    const wrong = await run(args);
    assert.equal(wrong.code, 64);
    assert.match(wrong.err, /^brigade doctor: /);
  }
});

test('settings that cannot be used are a problem', async () => {
  settings['BRIGADE_STAGING'] = 's3://UPPER/..';
  assertFinds(await diagnose(), [
    'problem',
    'settings',
    /BRIGADE_STAGING: must be a folder, or s3:/,
  ]);
});

test('a data folder that cannot be used is a problem', async () => {
  await writeFile(join(folder, 'file'), '');
  settings['BRIGADE_DATA_DIR'] = join(folder, 'file');
  settings['BRIGADE_STAGING'] = join(folder, 'staging');
  const { findings } = await diagnose();
  const ill = findings.filter(({ verdict }) => verdict === 'problem');
  assert.match(ill[0]?.text ?? '', /^BRIGADE_DATA_DIR: .+file cannot be used/);
});

test('a root key that others may read is a warning', async () => {
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'data/root-key.json'), '{}', { mode: 0o644 });
  assertFinds(await diagnose(), ['warning', 'root key', /chmod 600/]);
});

test('a port that another program uses is a problem', async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  try {
    // Listening on TCP: the address is never a pipe's name.
    settings['BRIGADE_PORT'] = String((other.address() as AddressInfo).port);
    assertFinds(await diagnose(), [
      'problem',
      'port',
      /BRIGADE_PORT: 127\.0\.0\.1:\d+ cannot be used: .*EADDRINUSE/,
    ]);
  } finally {
    other.close();
  }
});

test('a database of a newer version, and a file that is none, are told', async () => {
  await mkdir(join(folder, 'data'));
  const path = join(folder, 'data/brigade.db');
  const db = new DatabaseSync(path);
  db.exec('CREATE TABLE t (n); PRAGMA user_version = 9999');
  assertFinds(await diagnose(), ['problem', 'database', /written by a newer Bucket Brigade/]);
  db.close();
  await writeFile(path, 'this is no database, and it is long enough not to look like an empty one');
  assertFinds(await diagnose(), [
    'problem',
    'database',
    /brigade\.db cannot be used: file is not a database/,
  ]);
});

test('a PostgreSQL that is away, without rights or forgetful is told', async () => {
  const postgres = await startPostgres();
  try {
    const url = new URL(await postgres.createDatabase());
    settings['BRIGADE_DATABASE_URL'] = url.href;
    // The server of the tests runs without fsync, but empty databases are only looked at.
    assertFinds(await diagnose());
    const admin = await postgres.connect(url.href);
    await admin.query(
      "CREATE TABLE brigade (name TEXT, value BIGINT); INSERT INTO brigade VALUES ('schema', 9999)",
    );
    assertFinds(
      await diagnose(),
      ['problem', 'database', /written by a newer/],
      ['warning', 'database', /does not wait for its disk/],
    );
    await admin.query(
      "CREATE ROLE guest LOGIN PASSWORD 'guest'; REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    );
    await admin.end();
    const guest = new URL(url);
    [guest.username, guest.password] = ['guest', 'guest'];
    settings['BRIGADE_DATABASE_URL'] = guest.href;
    assertFinds(await diagnose(), ['problem', 'database', /permission denied for schema public/]);
    await postgres.down('fast');
    assertFinds(await diagnose(), [
      'problem',
      'database',
      /BRIGADE_DATABASE_URL: .+ cannot be used: .*ECONNREFUSED/,
    ]);
  } finally {
    await postgres.stop();
  }
});

test('an endpoint that is away, or not of S3, is told', async () => {
  settings['BRIGADE_S3_ENDPOINT'] = 'http://127.0.0.1:1';
  assertFinds(await diagnose(), [
    'problem',
    'endpoint',
    /does not answer: The endpoint refused the connection/,
  ]);
  const web = createServer((_request, response) => {
    response.writeHead(200, { date: new Date(Date.now() - 3_600_000).toUTCString() });
    response.end('<html>Welcome</html>');
  });
  await new Promise<void>((done) => web.listen(0, '127.0.0.1', done));
  try {
    // Listening on TCP: the address is never a pipe's name.
    settings['BRIGADE_S3_ENDPOINT'] = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    assertFinds(
      await diagnose(),
      ['warning', 'clock', /3600 s behind ours|3599 s behind ours|3601 s behind ours/],
      ['warning', 'path style', /answered a success\. Does it take path-style/],
    );
  } finally {
    web.closeAllConnections();
    web.close();
  }
});

test('an access key that is not known is a problem', async () => {
  settings['BRIGADE_S3_ACCESS_KEY_ID'] = 'AKIDNOBODY';
  assertFinds(await diagnose(), [
    'problem',
    'credentials',
    /AKIDNOBODY is refused: 403 InvalidAccessKeyId.+Check BRIGADE_S3_ACCESS_KEY_ID/,
  ]);
});

test('staging that cannot be used, keeps versions or holds unknown jobs is told', async () => {
  settings['BRIGADE_STAGING'] = 's3://no-such-bucket/x';
  assertFinds(await diagnose(), [
    'problem',
    'staging',
    /BRIGADE_STAGING: Staging in s3:\/\/no-such-bucket\/x cannot be used: 404 NoSuchBucket/,
  ]);
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await s3.send({ method: 'PUT', bucket: 'staging', query: { versioning: '' }, body });
  settings['BRIGADE_STAGING'] = 's3://staging/here';
  assertFinds(await diagnose(), ['warning', 'staging', /keeps versions/]);

  delete settings['BRIGADE_STAGING'];
  // A database of this version, which knows of no job.
  const job = join(folder, 'data/staging/jobs/01234567-89ab-cdef-0123-456789abcdef/0');
  await mkdir(job, { recursive: true });
  await writeFile(join(job, '0-1.csv'), 'row');
  await openSqliteStore({ path: join(folder, 'data/brigade.db') }).close();
  assertFinds(await diagnose(), [
    'warning',
    'staging',
    /files of 1 jobs that the database does not know, such as 01234567/,
  ]);
});

test('a job that CreateJob would refuse is told with its words', async () => {
  assertFinds(await diagnose('{'), ['problem', 'job', /not JSON/]);
  assertFinds(await diagnose('[]'), ['problem', 'job', /must hold one object/]);
  const job = await plannedJob();
  assertFinds(await diagnose({ ...job, AccountId: '999999999999' }), [
    'problem',
    'job',
    /for the account 999999999999, this service serves 123456789012/,
  ]);
  assertFinds(await diagnose({ ...job, Priority: -1, Report: { Enabled: true } }), [
    'problem',
    'job',
    /CreateJob would refuse it: BadRequestException: .*Priority/,
  ]);
});

test('a manifest that is missing, changed or wrong, and an object that is missing, are told', async () => {
  const job = await plannedJob();
  const at = (Location: object) => ({ ...job, Manifest: { ...job.Manifest, Location } });
  const ETag = job.Manifest.Location.ETag;
  assertFinds(await diagnose(at({ ObjectArn: 'arn:aws:s3:::objects/none.csv', ETag })), [
    'problem',
    'manifest',
    /objects\/none\.csv cannot be read: 404 .+Upload it/,
  ]);
  assertFinds(await diagnose(at({ ...job.Manifest.Location, ETag: 'other' })), [
    'problem',
    'manifest',
    /has the ETag .+, the job names other/,
  ]);
  const wrong = await plannedJob('objects,a%20b\nother-bucket,c\n');
  assertFinds(await diagnose(wrong), ['problem', 'manifest', /The job would fail: .*bucket/i]);
  const ghost = await plannedJob('objects,ghost\n');
  assertFinds(await diagnose(ghost), [
    'warning',
    'object',
    /objects\/ghost, does not exist: its task would fail/,
  ]);
});

test('an operation that cannot work here and a report that cannot be written are told', async () => {
  const job = await plannedJob();
  const Report = { ...job.Report, Bucket: 'arn:aws:s3:::no-such-bucket' };
  const copy = { S3PutObjectCopy: { TargetResource: 'arn:aws:s3:::no-such-target' } };
  const hold = { S3PutObjectLegalHold: { LegalHold: { Status: 'ON' } } };
  assertFinds(
    await diagnose({ ...job, Operation: copy, Report }),
    ['problem', 'operation', /S3PutObjectCopy would fail the job .+no-such-target does not exist/],
    [
      'problem',
      'report',
      /no-such-bucket\/all\/brigade-doctor-[0-9a-f]+ cannot be written: 404 NoSuchBucket/,
    ],
  );
  assertFinds(await diagnose({ ...job, Operation: hold }), ['problem', 'operation', /Object Lock/]);
});

test('beside a running service its own ports and folder are no problem, and its sandbox is asked', async () => {
  const service = await startService();
  try {
    settings = {
      BRIGADE_DATA_DIR: service.folder,
      BRIGADE_PORT: new URL(service.url).port,
      BRIGADE_SANDBOX_PORT: new URL(service.s3Url).port,
      BRIGADE_ROOT_ACCESS_KEY_ID: service.credentials.accessKeyId,
      BRIGADE_ROOT_SECRET_ACCESS_KEY: service.credentials.secretAccessKey,
    };
    const diagnosis = await diagnose();
    assertFinds(diagnosis);
    const texts = diagnosis.findings.map(({ text }) => text).join('\n');
    assert.match(texts, /A running brigade holds it/);
    assert.match(texts, /is in use, as it should be/);
    assert.match(texts, /The access key TESTROOT is accepted/);
    assert.match(texts, /brigade\.db can be read and written; schema \d/);
  } finally {
    await service.stop();
  }
  const { findings } = await diagnose('{}');
  assert.match(findings.at(-1)?.text ?? '', /start brigade serve, then ask again/);
});
