/**
 * What files in staging are called, in a folder and in a bucket alike: `jobs/<job id>/` and then
 * `<seq / 1000>/<seq>-<fence>.csv` for a part, `list/<segment / 1000>/<segment>.csv` for a segment,
 * `uploads/<target>-<upload>.json` for an upload that the job has open.
 *
 * I1. Folders hold at most 1,000 chunks each, so that no directory grows with the manifest.
 * I2. A job id is a UUID and nothing else: it never leads out of `jobs/`, nor to all of it.
 */
import { hash } from 'node:crypto';
import { assert } from '../base/assert.ts';

export interface PartName {
  readonly jobId: string;
  readonly seq: number;
  readonly fence: number;
}

/** A run of rows of a rewritten list. */
export interface SegmentName {
  readonly jobId: string;
  /** Made from the fence of the lease that wrote it, see `segmentNumber`. */
  readonly segment: number;
}

/** An upload that a job has open at a target: hex digests of both, see `uploadName`. */
export interface UploadName {
  readonly jobId: string;
  readonly upload: string;
}

export type StagedName = PartName | SegmentName | UploadName;

/** No job has this id; `checkStaging` writes under it. */
export const PROBE_JOB = '00000000-0000-0000-0000-000000000000';

const FILES_PER_FOLDER = 1000;
/** More than a lease can write: one every two seconds for a year. */
const SEGMENTS_PER_LEASE_MAX = 2 ** 24;
const JOB_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The number of the `index`-th segment that a lease with this fence writes. */
export function segmentNumber(fence: number, index: number): number {
  assert(index < SEGMENTS_PER_LEASE_MAX, 'One lease wrote more segments than there are numbers.');
  return fence * SEGMENTS_PER_LEASE_MAX + index;
}

/** `target`: what all uploads of one object share. */
export function uploadName(jobId: string, target: string, uploadId: string): UploadName {
  return { jobId, upload: `${uploadTarget(target)}-${uploadTarget(uploadId)}` };
}

/** How the names of a target's uploads begin. */
export function uploadTarget(target: string): string {
  return hash('sha256', target).slice(0, 32);
}

/** Of a path that `pathOf` has made, or of its end. */
export function uploadOf(path: string): string | undefined {
  return /(?:^|\/)([0-9a-f]{32}-[0-9a-f]{32})\.json$/.exec(path)?.[1];
}

export function uploadsPath(jobId: string): string {
  return `${jobPath(jobId)}/uploads`;
}

export function isJobId(text: string): boolean {
  return JOB_ID.test(text);
}

/** `jobs/<job id>`, relative to the place of the staging. */
export function jobPath(jobId: string): string {
  assert(isJobId(jobId), 'Staging was asked for a job whose id is not a UUID.'); // I2
  return `jobs/${jobId}`;
}

export function pathOf(name: StagedName): string {
  const folder = (n: number): number => Math.floor(n / FILES_PER_FOLDER);
  if ('upload' in name) return `${uploadsPath(name.jobId)}/${name.upload}.json`;
  return 'segment' in name
    ? `${jobPath(name.jobId)}/list/${folder(name.segment)}/${name.segment}.csv`
    : `${jobPath(name.jobId)}/${folder(name.seq)}/${name.seq}-${name.fence}.csv`;
}

/** Whether `pathOf` may have made this path, for a file of this job. */
export function isPathOf(jobId: string, path: string): boolean {
  const inJob = path.slice(jobPath(jobId).length);
  if (!path.startsWith(`${jobPath(jobId)}/`)) return false;
  const upload = uploadOf(path);
  if (upload !== undefined) return pathOf({ jobId, upload }) === path;
  const [, segment] = /^\/list\/\d+\/(\d+)\.csv$/.exec(inJob) ?? [];
  if (segment !== undefined) return pathOf({ jobId, segment: Number(segment) }) === path;
  const [, seq, fence] = /^\/\d+\/(\d+)-(\d+)\.csv$/.exec(inJob) ?? [];
  return seq !== undefined && pathOf({ jobId, seq: Number(seq), fence: Number(fence) }) === path;
}
