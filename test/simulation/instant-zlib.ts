/**
 * Compressed lists are unpacked by threads, which take as long as they take: with them a seed would
 * not decide what happens. In a world they are unpacked on the spot. Imported for its effect.
 */
import type { Transform, TransformCallback } from 'node:stream';
import { Gunzip, gunzipSync } from 'node:zlib';

const pieces = new WeakMap<Transform, Buffer[]>();

Object.assign(Gunzip.prototype, {
  _transform(this: Transform, piece: Buffer, _encoding: string, done: TransformCallback) {
    pieces.set(this, [...(pieces.get(this) ?? []), piece]);
    done();
  },
  _flush(this: Transform, done: TransformCallback) {
    try {
      done(null, gunzipSync(Buffer.concat(pieces.get(this) ?? [])));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  },
});
