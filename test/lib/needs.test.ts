import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const RUN = join(import.meta.dirname, '../real/run.ts');

function runWithPath(path: string): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(process.execPath, [RUN], { env: { PATH: path }, encoding: 'utf8' });
}

test('without any program the real tests fail and say how to get each', () => {
  const { status, stdout } = runWithPath('');
  assert.equal(status, 1);
  const names = [
    'radosgw',
    'ceph-mon',
    'ceph-osd',
    'python3',
    'tmux',
    'boto3',
    'aws cli',
    'moto',
    'promtool',
    'hadolint',
    'kubernetes-validate',
    'definitions of OpenTelemetry',
    'chromium',
  ];
  for (const name of names) {
    assert.match(stdout, new RegExp(`^ {2}${name}`, 'm'));
  }
  assert.match(stdout, /apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd/);
  assert.match(stdout, /pip install awscli==[\d.]+ boto3==[\d.]+/);
  assert.match(stdout, /\n0 passed, 13 failed\n$/);
});

test('programs that are too old for the newest operation count as missing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-needs-'));
  const judges = ['promtool', 'hadolint', 'kubernetes-validate'];
  const stores = ['radosgw', 'ceph-mon', 'ceph-osd'];
  for (const name of [...stores, ...judges, 'python3', 'tmux', 'aws', 'chromium']) {
    writeFileSync(join(folder, name), '#!/bin/sh\necho S3PutObjectCopy\n');
    chmodSync(join(folder, name), 0o755);
  }
  const { status, stdout } = runWithPath(folder);
  rmSync(folder, { recursive: true });
  assert.equal(status, 1);
  assert.match(stdout, /Missing:\n {2}boto3 .*\n.*\n {2}aws cli .*\n.*\n0 passed, 2 failed\n$/);
});
