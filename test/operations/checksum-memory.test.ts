// Aim: an object's bytes are let go as they are read. `npm run bench -- checksum` shows it at 10 GB.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const PROGRAM = join(import.meta.dirname, '../../bench/lib/checksum-stream.ts');
const MB = 1e6;

async function peakMb(bytes: number): Promise<number> {
  const args = [PROGRAM, 'CRC32', String(bytes)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  // Printed by that program, which types it so.
  return (JSON.parse(stdout) as { readonly rssPeakMb: number }).rssPeakMb;
}

test('a thousand times the bytes cost a checksum what the garbage of a moment does, and no more', async () => {
  const small = await peakMb(MB);
  const large = await peakMb(1000 * MB);
  // The collector lets some 100 MB of buffers gather; a thousand would be the object.
  assert.ok(large - small < 250, `${small} MB for 1 MB, ${large} MB for 1,000 MB`);
});
