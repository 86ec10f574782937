/**
 * Every operation on a real Ceph Object Gateway, and a thousand objects for those that
 * operations-rgw.test.ts and jobs-rgw.test.ts do not run on as many.
 */
import { matrixContract, type Expectations } from '../contract/matrix.contract.ts';
import { startRgw } from './rgw.ts';

const EXPECTED: Expectations = {
  'S3PutObjectTagging on RGW': 'works',
  'S3DeleteObjectTagging on RGW': 'works',
  'S3PutObjectAcl on RGW': 'works',
  'S3PutObjectCopy on RGW': 'works',
  'S3PutObjectCopy above its single-copy limit on RGW': 'works',
  'S3InitiateRestoreObject on RGW': 'refused: Ceph RGW has no RestoreObject',
  'S3PutObjectLegalHold on RGW': 'works',
  'S3PutObjectRetention on RGW': 'works',
  'S3ReplicateObject on RGW': 'refused: has no replication rule that is enabled',
  'S3ComputeObjectChecksum on RGW': 'works',
  'S3UpdateObjectEncryption on RGW':
    'refused: Ceph RGW is not known to have UpdateObjectEncryption',
  'S3UpdateObjectEncryption by copy in place on RGW':
    'refused: Ceph RGW encrypts no copy with a key',
  'LambdaInvoke on RGW': 'works',
  'brigade-delete on RGW': 'works',
  'brigade-merge-tags on RGW': 'works',
  'brigade-change-storage-class on RGW': 'works',
  'brigade-rename on RGW': 'works',
  'brigade-head on RGW': 'works',
};

const THOUSAND = [
  'S3ComputeObjectChecksum',
  'LambdaInvoke',
  'brigade-delete',
  'brigade-merge-tags',
  'brigade-change-storage-class',
  'brigade-rename',
  'brigade-head',
];

matrixContract(
  'RGW',
  async () => {
    const { endpoint, region, accessKeyId, secretAccessKey, stop } = await startRgw();
    return { endpoint, region, credentials: { accessKeyId, secretAccessKey }, stop };
  },
  EXPECTED,
  {
    thousand: THOUSAND,
    quirks: {
      'S3PutObjectCopy above its single-copy limit': {
        why: 'RGW 16.2.15 decodes the source of UploadPartCopy twice, and aborts at an escape that is none',
        without: 'percent%20%2F%zz',
      },
    },
  },
);
