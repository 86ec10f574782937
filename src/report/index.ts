export { type EncodedPart, type ReportScope, encodePart } from './encode.ts';
export { type ReportKeys, reportKeys, resultKey, resultsFolder } from './keys.ts';
export { type ReportIndex, type ReportResult, reportManifest } from './manifest.ts';
export {
  type ReportRow,
  type ReportRowAt,
  ReportDefect,
  ReportReader,
  readReport,
} from './read.ts';
