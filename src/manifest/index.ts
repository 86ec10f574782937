export { type CutterCheckpoint, type CutterOptions, ManifestCutter } from './cutter.ts';
export {
  type DataFile,
  type Inventory,
  readInventory,
  readReportIndex,
  REPORT_COLUMNS,
} from './envelope.ts';
export {
  GENERATED_MANIFEST_FORMAT,
  type InventoryColumns,
  type InventoryFile,
  inventoryFields,
  inventoryKeys,
  inventoryManifest,
  inventoryRows,
} from './inventory-writer.ts';
export { type ManifestRow, decodeKey, encodeKey, writeManifestRow } from './key.ts';
export { type ChunkRange, ManifestDefect } from './manifest.ts';
export { ParquetFile } from './parquet/rows.ts';
export { csvColumns, csvRows, jsonLines } from './row-formats.ts';
export { type RowBatch, type RowFormat, type RowPosition, RowStream } from './row-stream.ts';
export { readTasks } from './tasks.ts';
