export {
  folderStaging,
  type PartName,
  type SegmentName,
  segmentNumber,
  type StagedName,
  type Staging,
} from './staging.ts';
