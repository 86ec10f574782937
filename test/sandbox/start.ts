/** A sandbox in a folder of its own that is gone again after `stop`. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SandboxOptions, startSandbox } from '../../sandbox/index.ts';
import type { S3Endpoint } from '../contract/s3-harness.ts';

export const CREDENTIALS = [
  { accessKeyId: 'AKIDSANDBOXONE', secretAccessKey: 'secret one', accountId: '111111111111' },
  { accessKeyId: 'AKIDSANDBOXTWO', secretAccessKey: 'secret two', accountId: '222222222222' },
] as const;

/** `stop` fails when the sandbox answered an InternalError meanwhile. */
export async function startTestSandbox(
  more: Partial<SandboxOptions> = {},
): Promise<S3Endpoint & { readonly dataDir: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'brigade-sandbox-'));
  const bugs: unknown[] = [];
  const sandbox = await startSandbox({
    dataDir,
    port: 0,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    restoreDelayMs: 0,
    onBug: (error) => bugs.push(error),
    ...more,
  });
  const [first, second] = CREDENTIALS;
  return {
    endpoint: sandbox.url,
    region: 'us-east-1',
    ...first,
    second,
    dataDir,
    async stop() {
      await sandbox.close();
      await rm(dataDir, { recursive: true });
      assert.deepEqual(bugs, []);
    },
  };
}
