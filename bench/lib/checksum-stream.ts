/**
 * A program of its own, so that its memory is nobody else's: `node checksum-stream.ts <algorithm>
 * <bytes>` runs one task of S3ComputeObjectChecksum on an object of so many bytes, and prints what it
 * took as JSON.
 */
import { Readable } from 'node:stream';
import type { ComputeObjectChecksumAlgorithm } from '@aws-sdk/client-s3-control';
import { OPERATIONS } from '../../src/operations/index.ts';
import type { S3 } from '../../src/s3/index.ts';
import { placeOn } from '../../test/operations/place.ts';
import { answer, requestOf, SIGNAL, TASK } from '../../test/operations/scene.ts';
import { rssPeakMb } from './processes.ts';

/** About what undici hands out. */
const PIECE_BYTES = 64 * 1024;

const [algorithm = '', count = ''] = process.argv.slice(2);
const bytes = Number(count);
// Given by whoever starts this, and checked by the operation's own table.
const ChecksumAlgorithm = algorithm as ComputeObjectChecksumAlgorithm;

function* pieces(): Generator<Buffer> {
  // A new one each time, as of a socket, so that the collector has as much to do.
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    yield Buffer.alloc(Math.min(PIECE_BYTES, bytes - at), at % 251);
  }
}

const store: S3 = {
  send: () => Promise.resolve(answer(200, '', { 'content-length': count, etag: '"e"' })),
  open: () =>
    Promise.resolve({
      status: 200,
      headers: { etag: '"e"' },
      body: Readable.from(pieces()),
      isFromSocket: true,
    }),
  traits: () => Promise.resolve(undefined),
};
const operation = { ChecksumAlgorithm, ChecksumType: 'FULL_OBJECT' } as const;
const request = requestOf({ S3ComputeObjectChecksum: operation });
const opened = await OPERATIONS.S3ComputeObjectChecksum.open(request, placeOn(store), SIGNAL);
if (!opened.ok) throw new Error(opened.reason);
const began = performance.now();
const outcome = await opened.run(TASK, SIGNAL);
const wallMs = performance.now() - began;
if (!outcome.ok) throw new Error(outcome.message);
process.stdout.write(`${JSON.stringify({ wallMs, rssPeakMb: rssPeakMb('self') })}\n`);
