/** The same work for every contestant. */
import { BUCKET } from './endpoint.ts';

export const REGION = 'us-east-1';
export const CREDENTIALS = { accessKeyId: 'BENCHKEY', secretAccessKey: 'bench-secret' };
export const IN_FLIGHT = 64;
export const TAG = { Key: 'project', Value: 'bucket-brigade' };

export function keyOf(row: number): string {
  return `photos/2026/${row % 12}/user-${row % 9973}/image-${String(row).padStart(9, '0')}.jpg`;
}

export function manifestOf(rows: number): Buffer {
  return Buffer.from(
    Array.from({ length: rows }, (_, row) => `${BUCKET},${keyOf(row)}\n`).join(''),
  );
}
