/** Every operation on the embedded store. */
import { matrixContract, type Expectations } from '../contract/matrix.contract.ts';
import { startTestSandbox } from '../sandbox/start.ts';

const EXPECTED: Expectations = {
  'S3PutObjectTagging on sandbox': 'works',
  'S3DeleteObjectTagging on sandbox': 'works',
  'S3PutObjectAcl on sandbox': 'works',
  'S3PutObjectCopy on sandbox': 'works',
  'S3PutObjectCopy above its single-copy limit on sandbox': 'works',
  'S3InitiateRestoreObject on sandbox': 'works',
  'S3PutObjectLegalHold on sandbox': 'works',
  'S3PutObjectRetention on sandbox': 'works',
  'S3ReplicateObject on sandbox': 'works',
  'S3ComputeObjectChecksum on sandbox': 'works',
  'S3UpdateObjectEncryption on sandbox': 'works',
  'S3UpdateObjectEncryption by copy in place on sandbox': 'works',
  'LambdaInvoke on sandbox': 'works',
  'brigade-delete on sandbox': 'works',
  'brigade-merge-tags on sandbox': 'works',
  'brigade-change-storage-class on sandbox': 'works',
  'brigade-rename on sandbox': 'works',
  'brigade-head on sandbox': 'works',
};

matrixContract(
  'sandbox',
  async () => {
    const { endpoint, region, accessKeyId, secretAccessKey, stop } = await startTestSandbox();
    return { endpoint, region, credentials: { accessKeyId, secretAccessKey }, stop };
  },
  EXPECTED,
);
