/** The built-in functions over the embedded store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../../sandbox/index.ts';
import { builtInContract } from './built-in.contract.ts';

const CREDENTIALS = { accessKeyId: 'AKIDBUILTIN', secretAccessKey: 'secret' };

builtInContract('sandbox', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bb-built-in-'));
  const region = 'us-east-1';
  const credentials = [{ ...CREDENTIALS, accountId: '123456789012' }];
  const sandbox = await startSandbox({ dataDir, port: 0, region, credentials });
  const stop = async (): Promise<void> => {
    await sandbox.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { endpoint: sandbox.url, region, credentials: CREDENTIALS, stop };
});
