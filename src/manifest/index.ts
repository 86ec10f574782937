export { type ChunkRange, ManifestDefect } from './manifest.ts';
export { type CutterCheckpoint, type CutterOptions, ManifestCutter } from './cutter.ts';
export { type ManifestRow, decodeKey, encodeKey, writeManifestRow } from './key.ts';
export { readTasks } from './tasks.ts';
