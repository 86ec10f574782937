export { bucketStaging, type BucketStagingOptions } from './bucket.ts';
export { folderStaging } from './folder.ts';
export {
  type PartName,
  PROBE_JOB,
  type SegmentName,
  segmentNumber,
  type StagedName,
  type UploadName,
  uploadName,
  uploadTarget,
} from './names.ts';
export { checkStaging, StagedFileLost, type Staging, StagingUnavailable } from './staging.ts';
