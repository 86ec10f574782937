/**
 * No secret leaves the service. Every place that takes one is given a canary; calls, refusals, failing
 * jobs, the doctor and a crash with a diagnostic report are driven at the most talkative level; then all
 * that was printed, answered and left behind is searched for each canary, as it is and encoded.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { DescribeJobCommand, ListJobsCommand, S3ControlClient } from '@aws-sdk/client-s3-control';
import { startRoleGate } from '../lib/role-gate.ts';
import { startService } from '../lib/service.ts';
import { startTestSandbox } from '../sandbox/start.ts';
import { World } from './world.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const canary = (name: string): string => `cAnArY-${name}-${'0123456789abcdef'.repeat(2)}`;
const roleOf = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;

/** A crash on demand: an error that nobody catches. */
const CRASH = `data:text/javascript,${encodeURIComponent(
  "process.on('SIGUSR2', () => { throw new Error('A crash for a test.'); });",
)}`;

test('no secret is printed, answered, reported or left behind, whatever happens', async (t) => {
  const secrets = {
    root: 'the-secret-of-tests-is-a-cAnArY',
    service: canary('service'),
    sts: canary('sts'),
    roleEnv: canary('role-env'),
    roleFile: canary('role-file'),
    external: canary('external'),
    lambda: canary('lambda'),
    header: canary('header'),
    master: Buffer.from(canary('master').slice(-32)).toString('base64'),
    metrics: canary('metrics'),
  };
  const folder = await mkdtemp(join(tmpdir(), 'brigade-secrets-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'role-secret'), secrets.roleFile);

  // A function behind a URL that quotes what it was sent, as careless ones do.
  const careless = createServer((_request, response) => {
    response.writeHead(500, { 'content-type': 'text/plain' });
    response.end('It went wrong.');
  });
  careless.listen(0, '127.0.0.1');
  await once(careless, 'listening');
  t.after(() => careless.close());
  // It listens on a TCP port.
  const { port } = careless.address() as AddressInfo;

  const store = await startTestSandbox();
  t.after(() => store.stop());
  const keys = ['SERVICE', 'STSKEY', 'ENVKEY', 'FILEKEY'].map((accessKeyId, index) => ({
    accessKeyId,
    secretAccessKey: [secrets.service, secrets.sts, secrets.roleEnv, secrets.roleFile][index] ?? '',
  }));
  const gate = await startRoleGate({
    store,
    keys,
    onAssume: (arn) => (arn === roleOf('refused') ? 'AccessDenied' : undefined),
  });
  t.after(() => gate.close());

  const env: Record<string, string> = {
    NODE_OPTIONS: `--import ${CRASH} --report-uncaught-exception --report-directory=${folder}`,
    BRIGADE_LOG_LEVEL: 'debug',
    BRIGADE_ROOT_SECRET_ACCESS_KEY: secrets.root,
    BRIGADE_S3_ENDPOINT: gate.url,
    BRIGADE_S3_ACCESS_KEY_ID: 'SERVICE',
    BRIGADE_S3_SECRET_ACCESS_KEY: secrets.service,
    BRIGADE_STS_ENDPOINT: gate.url,
    BRIGADE_STS_ACCESS_KEY_ID: 'STSKEY',
    BRIGADE_STS_SECRET_ACCESS_KEY: secrets.sts,
    BRIGADE_STS_EXTERNAL_ID: secrets.external,
    BRIGADE_MASTER_KEY: secrets.master,
    BRIGADE_METRICS_TOKEN: secrets.metrics,
    BRIGADE_LAMBDA_ENDPOINT: `http://127.0.0.1:${port}`,
    BRIGADE_LAMBDA_ACCESS_KEY_ID: 'LAMBDA',
    BRIGADE_LAMBDA_SECRET_ACCESS_KEY: secrets.lambda,
    ROLE_SECRET: secrets.roleEnv,
    BRIGADE_ROLES: JSON.stringify({
      [roleOf('env')]: { accessKeyId: 'ENVKEY', secretAccessKey: { env: 'ROLE_SECRET' } },
      [roleOf('file')]: {
        accessKeyId: 'FILEKEY',
        secretAccessKey: { file: join(folder, 'role-secret') },
      },
    }),
    BRIGADE_FUNCTIONS: JSON.stringify({
      careless: { url: `http://127.0.0.1:${port}/f`, headers: { authorization: secrets.header } },
    }),
  };
  const service = await startService({ env });
  t.after(() => service.kill9());
  const { accessKeyId } = service.credentials;
  const signing = { ...service, credentials: { accessKeyId, secretAccessKey: secrets.root } };
  const direct = { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
  const world = new World({ ...signing, s3Url: store.endpoint }, direct);
  const seen: string[] = [];

  const bucket = await world.bucket();
  await world.upload(bucket, ['a', 'b']);
  const manifest = await world.manifest(bucket, `${bucket},a\n${bucket},b\n${bucket},gone\n`);
  const report = { bucket, prefix: 'r' };
  const invoke = (name: string) => ({
    operation: { LambdaInvoke: { FunctionArn: name, InvocationSchemaVersion: '1.0' } },
    more: { RoleArn: roleOf('env') },
  });
  const jobs = [
    { more: { RoleArn: roleOf('assumed') } },
    { more: { RoleArn: roleOf('env') } },
    { more: { RoleArn: roleOf('file') } },
    { more: { RoleArn: roleOf('refused') } },
    invoke('arn:aws:lambda:us-east-1:123456789012:function:careless'),
    invoke('arn:aws:lambda:us-east-1:123456789012:function:elsewhere'),
  ];
  for (const more of jobs) {
    // Lambda's failures are tried eight times; nobody waits for the ends of those.
    const id = await world.createJob({ manifest, report, ...more });
    const job = 'operation' in more ? await world.inStatus(id, 'Active') : await world.ended(id);
    seen.push(JSON.stringify(job));
  }
  const command = { AccountId: service.account };
  seen.push(JSON.stringify(await world.control.send(new ListJobsCommand(command))));

  const wrong = new S3ControlClient({
    endpoint: service.url,
    region: 'snow',
    credentials: { accessKeyId, secretAccessKey: 'wrong', sessionToken: canary('token') },
  });
  await wrong.send(new DescribeJobCommand({ ...command, JobId: 'x' })).catch((error: unknown) => {
    seen.push(String(error), JSON.stringify(error));
  });
  wrong.destroy();
  const pages = ['/', '/health', '/console/api/session', '/metrics', '/v20180820/jobs', '/%zz'];
  for (const path of pages) {
    const answer = await fetch(service.url + path, {
      headers: {
        authorization: `Bearer ${canary('bearer')}`,
        cookie: `brigade-session=${canary('cookie')}`,
      },
    });
    seen.push(JSON.stringify([...answer.headers]), await answer.text());
  }
  for (const secretAccessKey of ['wrong', canary('guess'), secrets.root]) {
    const answer = await fetch(`${service.url}/console/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-brigade-console': '1' },
      body: JSON.stringify({ accessKeyId, secretAccessKey }),
    });
    const cookie = answer.headers.get('set-cookie') ?? '';
    seen.push(cookie, await answer.text());
    if (!answer.ok) continue;
    const system = await fetch(`${service.url}/console/api/system`, { headers: { cookie } });
    seen.push(await system.text());
  }

  seen.push(await doctor({ ...env, BRIGADE_DATA_DIR: service.folder }));
  seen.push(
    await doctor({
      ...env,
      BRIGADE_DATABASE_URL: `postgres://u:${canary('database')}@127.0.0.1:9/x`,
    }),
  );
  seen.push(await doctor({ ...env, BRIGADE_ROLES: `{"${roleOf('x')}": "${canary('broken')}"}` }));
  seen.push(await doctor({ ...env, BRIGADE_ROLES: `{"${canary('not-json')}` }));

  process.kill(service.pid, 'SIGUSR2');
  await crashed(folder);
  const reports = (await readdir(folder)).filter((name) => name.startsWith('report.'));
  assert.equal(reports.length, 1, 'the crash left no report: this test would say nothing of it');
  for (const name of reports) seen.push(await readFile(join(folder, name), 'utf8'));
  world.control.destroy();

  const said = [...seen, service.logs()].join('\n');
  assert.match(said, /A crash for a test/);
  assert.match(said, /RoleNotAssumable/);
  assert.match(said, /"level":20/, 'nothing was said at the level of debug');
  const all = {
    ...secrets,
    ...Object.fromEntries(
      ['token', 'bearer', 'cookie', 'guess', 'database', 'broken', 'not-json'].map((name) => [
        name,
        canary(name),
      ]),
    ),
  };
  for (const [name, secret] of Object.entries(all)) assertHidden(said, name, secret);
  for (const { accessKeyId: id } of gate.passed.filter(({ accessKeyId: one }) =>
    one.startsWith('ASIA'),
  )) {
    const n = id.slice(4);
    assertHidden(said, 'session secret', `session-secret-${n}`);
    assertHidden(said, 'session token', `session-token/${n}+=`);
  }
  assert.doesNotMatch(said, /Signature=[0-9a-f]{64}/, 'a signature was printed');
});

function assertHidden(said: string, name: string, secret: string): void {
  const bytes = Buffer.from(secret);
  for (const form of [
    secret,
    encodeURIComponent(secret),
    bytes.toString('base64'),
    bytes.toString('hex'),
  ]) {
    const at = said.indexOf(form);
    assert.ok(
      at < 0,
      `the secret "${name}" was shown: ...${said.slice(Math.max(0, at - 200), at + 100)}`,
    );
  }
}

/** What `brigade doctor` says with these settings; it may well find something wrong. */
function doctor(env: Readonly<Record<string, string>>): Promise<string> {
  const { NODE_OPTIONS: _crash, ...settings } = env;
  const node = join(REPOSITORY, 'node_modules/.bin/node');
  const args = [join(REPOSITORY, 'bin/brigade.js'), 'doctor'];
  return new Promise((resolve) => {
    const options = {
      env: { PATH: process.env['PATH'], ...settings },
      cwd: tmpdir(),
      timeout: 60_000,
    };
    execFile(node, args, options, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

async function crashed(folder: string): Promise<void> {
  for (;;) {
    const names = await readdir(folder);
    const report = names.find((name) => name.startsWith('report.'));
    const text = report === undefined ? '' : await readFile(join(folder, report), 'utf8');
    if (text.trimEnd().endsWith('}')) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
