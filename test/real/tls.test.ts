/**
 * TLS with the aws cli, unmodified. Aim: with --ca-bundle it talks to the service, without it, or in plain
 * HTTP, it does not; a renewed certificate is in use after SIGHUP, and the service lives on.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { CERTIFICATES } from '../lib/certificates.ts';
import { startService, type TestService } from '../lib/service.ts';

let folder: string;
let service: TestService;
const file = (name: string): string => join(folder, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brigade-tls-'));
  await use('trusted');
  for (const name of ['trusted', 'other'] as const) {
    await writeFile(file(`${name}-ca.pem`), CERTIFICATES[name].cert);
  }
  service = await startService({
    env: { BRIGADE_TLS_CERT: file('cert.pem'), BRIGADE_TLS_KEY: file('key.pem') },
  });
});
after(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

async function use(name: 'trusted' | 'other'): Promise<void> {
  await writeFile(file('cert.pem'), CERTIFICATES[name].cert);
  await writeFile(file('key.pem'), CERTIFICATES[name].key);
}

/** What `aws s3control list-jobs` says, or how it failed. */
function listJobs(...more: string[]): Promise<string> {
  const { accessKeyId, secretAccessKey } = service.credentials;
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    PYENV_ROOT: process.env['PYENV_ROOT'],
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
  };
  const args = [
    's3control',
    'list-jobs',
    '--account-id',
    service.account,
    '--region',
    'snow',
    ...more,
  ];
  return new Promise((resolve) => {
    const options = { env, timeout: 60_000 };
    execFile('aws', args, options, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

test('aws cli over TLS: with the authority it is served, without it or in plain HTTP it is not', async () => {
  const { url } = service;
  assert.match(url, /^https:/);
  const ca = ['--ca-bundle', file('trusted-ca.pem')];
  assert.match(await listJobs('--endpoint-url', url, ...ca), /"Jobs": \[\]/);
  assert.match(
    await listJobs('--endpoint-url', url),
    /SSL validation failed|CERTIFICATE_VERIFY_FAILED/,
  );
  const plain = await listJobs('--endpoint-url', url.replace('https:', 'http:'));
  assert.match(plain, /Connection was closed|Could not connect|reset/i);
});

test('after SIGHUP the renewed certificate is in use, and a connection that stood goes on', async () => {
  const standing = connect({
    host: '127.0.0.1',
    port: Number(new URL(service.url).port),
    ca: CERTIFICATES.trusted.cert,
  });
  const heard = (): Promise<string> =>
    new Promise((resolve, reject) => {
      standing.once('data', (piece: Buffer) => resolve(piece.toString()));
      standing.once('error', reject);
      standing.write('GET /health HTTP/1.1\r\nHost: h\r\n\r\n');
    });
  assert.match(await heard(), /^HTTP\/1\.1 200 /);
  await use('other');
  process.kill(service.pid, 'SIGHUP');
  const ca = ['--ca-bundle', file('other-ca.pem')];
  assert.match(await listJobs('--endpoint-url', service.url, ...ca), /"Jobs": \[\]/);
  assert.match(await heard(), /^HTTP\/1\.1 200 /);
  standing.destroy();
  const old = ['--ca-bundle', file('trusted-ca.pem')];
  assert.match(await listJobs('--endpoint-url', service.url, ...old), /SSL validation failed/);
});
