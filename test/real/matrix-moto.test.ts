/** Every operation on moto, which has what Ceph RGW lacks. */
import { matrixContract, type Expectations } from '../contract/matrix.contract.ts';
import { startMoto } from './moto.ts';

const EXPECTED: Expectations = {
  'S3PutObjectTagging on moto': 'works',
  'S3DeleteObjectTagging on moto': 'works',
  'S3PutObjectAcl on moto': 'works',
  'S3PutObjectCopy on moto': 'works',
  'S3PutObjectCopy above its single-copy limit on moto':
    'refused: The store answered 200 without a complete CompleteMultipartUploadResult',
  'S3InitiateRestoreObject on moto': 'works',
  'S3PutObjectLegalHold on moto': 'works',
  'S3PutObjectRetention on moto': 'works',
  'S3ReplicateObject on moto': 'works',
  'S3ComputeObjectChecksum on moto': 'works',
  'S3UpdateObjectEncryption on moto': 'refused: S3 is not known to have UpdateObjectEncryption',
  'S3UpdateObjectEncryption by copy in place on moto': 'works',
  'LambdaInvoke on moto': 'works',
  'brigade-delete on moto': 'works',
  'brigade-merge-tags on moto': 'works',
  'brigade-change-storage-class on moto': 'works',
  'brigade-rename on moto': 'works',
  'brigade-head on moto': 'works',
};

const WRONG_ERROR = {
  why: 'moto 5.2.1 answers HTTP 500 where there is no object',
  missing: /^InternalError: The store answered HTTP 500/,
};

matrixContract('moto', startMoto, EXPECTED, {
  quirks: {
    S3DeleteObjectTagging: WRONG_ERROR,
    S3PutObjectLegalHold: WRONG_ERROR,
    S3PutObjectRetention: WRONG_ERROR,
    S3InitiateRestoreObject: {
      why: 'moto 5.2.1 restores the current version, whichever is named',
      names: 'current',
    },
    S3PutObjectAcl: {
      why: 'moto 5.2.1 sets the ACL of the current version, whichever is named',
      names: 'current',
    },
  },
});
