// Aim: what comes out is what went in, and its buffers do not wait for the garbage collector.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { decompressed } from '../../src/engine/list-decompress.ts';

const TEXT = Buffer.from(
  Array.from({ length: 400_000 }, (_, n) => `bucket,key-${(n * 7919) % 400_009}\n`).join(''),
);

for (const [name, bytes] of Object.entries({
  gzip: gzipSync(TEXT),
  zstd: zstdCompressSync(TEXT),
})) {
  test(`${name}: many buffers come out whole, and each is free once it was read`, async () => {
    const copies: Buffer[] = [];
    const pieces: Buffer[] = [];
    for await (const piece of decompressed(inPieces(bytes))) {
      copies.push(Buffer.from(piece));
      pieces.push(piece);
    }
    assert.ok(Buffer.concat(copies).equals(TEXT));
    assert.ok(copies.length > 5);
    const held = pieces.reduce((sum, { length }) => sum + length, 0);
    assert.ok(held <= 1024 * 1024, `${held} bytes are held`);
  });
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 64 * 1024) yield bytes.subarray(at, at + 64 * 1024);
}
