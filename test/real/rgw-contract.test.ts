/**
 * The S3 contract over Ceph RGW 16.2, a production store. Each skip is something that RGW was seen to
 * answer otherwise; where the product has to live with that, src/s3 knows it as a trait of the store.
 */
import { s3Contract } from '../contract/s3.contract.ts';
import { startRgw } from './rgw.ts';
import { RGW_SKIPS } from './rgw-skips.ts';

s3Contract('Ceph RGW', () => startRgw(), RGW_SKIPS);
