/**
 * brigade-head: a dry run. Nothing is changed; each row tells in JSON what a job would meet there.
 *
 * I1. What cannot be reached is a failed row with the store's status and code, so that the failed
 *     rows are the list of what needs looking at.
 */
import { COPY_BYTES_MAX } from '../../model/limits.ts';
import { failed } from '../../model/outcome.ts';
import { toFailure } from '../../s3/index.ts';
import type { BuiltIn } from './built-in.ts';
import { head, isArchived, isLocked, stateOfHeaders } from './object-state.ts';

export const headFunction: BuiltIn = {
  name: 'brigade-head',
  takes: [],

  check: () => [],

  open(_args, { s3, clock }) {
    return Promise.resolve({
      ok: true,
      async run(task) {
        const answer = await head(s3, task);
        const { status, headers } = answer;
        if (status >= 200 && status <= 299) {
          const state = stateOfHeaders(headers);
          const found = {
            size: state.size,
            storageClass: state.storageClass,
            lastModified: isoOf(headers['last-modified']),
            etag: state.etag.replaceAll('"', ''),
            versionId: state.versionId ?? null,
            isArchived: isArchived(state),
            isLocked: isLocked(state, clock),
            isOver5GB: state.size > COPY_BYTES_MAX,
            encryption: headers['x-amz-server-side-encryption'] ?? null,
          };
          return { ok: true, message: JSON.stringify(found) };
        }
        const isMarker = headers['x-amz-delete-marker'] === 'true';
        if (status !== 404 && !isMarker) return toFailure(answer);
        const code = task.versionId === undefined ? 'NoSuchKey' : 'NoSuchVersion';
        const said = { isMissing: true, isDeleteMarker: isMarker };
        return failed(status, isMarker ? 'DeleteMarker' : code, JSON.stringify(said));
      },
    });
  },
};

function isoOf(date: string | undefined): string | null {
  const ms = Date.parse(date ?? '');
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
