/** The staging contract over a bucket of Ceph RGW. */
import { bucketGround } from '../contract/staging-bucket.ts';
import { stagingContract } from '../contract/staging.contract.ts';
import { startRgw } from './rgw.ts';

stagingContract('a bucket of Ceph RGW', async () => bucketGround(await startRgw()));
