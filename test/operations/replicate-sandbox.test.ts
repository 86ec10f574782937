/** Replication over the embedded store. */
import { replicationContract } from '../contract/replication.contract.ts';
import { startTestSandbox } from '../sandbox/start.ts';

replicationContract('sandbox', async () => {
  const { endpoint, region, accessKeyId, secretAccessKey, stop } = await startTestSandbox();
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey }, stop };
});
