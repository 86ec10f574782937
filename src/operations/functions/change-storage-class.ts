/**
 * brigade-change-storage-class: copies an object onto itself with another storage class, which is
 * the only way that S3 has.
 *
 * I1. Objects that are there already are left alone.
 * I2. Only the current version can be changed: copying an older one would make it the current one.
 * I3. LastModified changes, and every success says so. In a bucket with versions the copy is a new
 *     version, and the old one stays, in its old class.
 */
import { failed } from '../../model/outcome.ts';
import { copyRoom } from '../copy-object.ts';
import { ENDPOINT_UNKNOWN } from '../probe.ts';
import type { BuiltIn } from './built-in.ts';
import { copyFaithfully, STOPPED } from './faithful-copy.ts';
import { isSameVersion, isState, stateOf } from './object-state.ts';

const CLASS = 'storage-class';

export const changeStorageClass: BuiltIn = {
  name: 'brigade-change-storage-class',
  takes: [CLASS],

  check(args) {
    // Stores have classes of their own beside AWS's.
    if (/^[A-Za-z0-9_-]{1,64}$/.test(args.get(CLASS) ?? '')) return [];
    return [{ argument: CLASS, message: 'must be a storage class, such as STANDARD_IA' }];
  },

  async open(args, place, signal) {
    const { s3, clock } = place;
    const storageClass = args.get(CLASS) ?? '';
    const traits = await s3.traits(signal);
    if (traits === undefined) return ENDPOINT_UNKNOWN;
    const room = copyRoom(place, traits);
    return {
      ok: true,
      async run({ bucket, key, versionId }, stopping) {
        const state = await stateOf(s3, { bucket, key });
        if (!isState(state)) return state;
        if (versionId !== undefined && !isSameVersion(versionId, state.versionId)) {
          const message =
            'The row names a version that is not the current one; changing its class would make it current, so it is as it was';
          return failed(409, 'VersionNotCurrent', message); // I2
        }
        if (state.storageClass === storageClass) {
          return { ok: true, message: `The storage class is ${storageClass} already` }; // I1
        }
        if (stopping.aborted) return STOPPED;
        const from = { bucket, key };
        const copy = await copyFaithfully({
          room,
          stopping,
          from,
          state,
          toKey: key,
          storageClass,
          nowMs: clock.now(),
        });
        if (!isState(copy)) return copy;
        const change = `from ${state.storageClass} to ${storageClass}`;
        return {
          ok: true,
          message: `The storage class changed ${change}, and LastModified with it`,
        };
      },
    };
  },
};
