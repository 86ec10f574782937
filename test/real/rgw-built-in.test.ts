/** The built-in functions over a real Ceph Object Gateway. */
import { builtInContract } from '../contract/built-in.contract.ts';
import { startRgw } from './rgw.ts';

builtInContract('RGW', async () => {
  const rgw = await startRgw();
  const { endpoint, region, accessKeyId, secretAccessKey } = rgw;
  const credentials = { accessKeyId, secretAccessKey };
  return { endpoint, region, credentials, stop: () => rgw.stop() };
});
