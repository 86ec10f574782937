/** Where a job's operation is opened, for tests: a store, no functions, a clock that stands still. */
import { ManualClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createFunctions } from '../../src/functions/index.ts';
import type { OpenUpload, OpenUploads, Place } from '../../src/operations/index.ts';
import type { S3 } from '../../src/s3/index.ts';

export function placeOn(s3: S3, over: Partial<Place> = {}): Place {
  return {
    s3,
    bucket: 'source',
    job: { id: '00000000-1111-4222-8333-444444444444', account: '123456789012' },
    functions: createFunctions({ clock: new ManualClock() }),
    uploads: notedUploads(),
    clock: new ManualClock(),
    random: seededRandom(1),
    log: silentLog,
    ...over,
  };
}

/** In memory; what nobody has closed survives as long as the list. */
export function notedUploads(noted: OpenUpload[] = []): OpenUploads {
  return {
    opened: (upload) => Promise.resolve(void noted.push(upload)),
    closed: ({ uploadId }) => {
      const index = noted.findIndex((one) => one.uploadId === uploadId);
      if (index >= 0) noted.splice(index, 1);
      return Promise.resolve();
    },
    of: (bucket, key) =>
      Promise.resolve(
        noted
          .filter((one) => one.bucket === bucket && one.key === key)
          .map(({ uploadId }) => uploadId),
      ),
  };
}
