/** Replication over Ceph RGW and moto, which both have versions and neither of which replicates. */
import { replicationContract } from '../contract/replication.contract.ts';
import { startMoto } from './moto.ts';
import { startRgw } from './rgw.ts';

replicationContract('Ceph RGW', async () => {
  const { endpoint, region, accessKeyId, secretAccessKey, stop } = await startRgw();
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey }, stop };
});

replicationContract('moto', startMoto, {
  skip: {
    'a replica has content, metadata, tags, ACL and class of its source':
      'moto forgets an ACL that is given as XML',
    'a replica is locked as its source, or not made where it cannot be':
      'moto wants a Content-MD5 with CopyObject when it sets a lock, which S3 does not',
  },
});
