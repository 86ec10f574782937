/** What the package says of itself. */
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** This file is in src/server of a checkout, or in dist/src/server of the package. */
export function packageRoot(): string {
  const above = resolve(import.meta.dirname, '../..');
  return basename(above) === 'dist' ? resolve(above, '..') : above;
}

export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return hasVersion ? String(manifest.version) : '';
}
