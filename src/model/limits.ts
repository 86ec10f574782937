/** Every number that bounds something, with its reason. AWS's own come from its guide or model. */
const KIB = 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

/** S3: a key is at most 1,024 bytes of UTF-8. */
export const KEY_BYTES_MAX = 1024;
/** S3 Control's model: a version id has at most 1,024 characters. */
export const VERSION_ID_CHARS_MAX = 1024;
/** S3: an object carries at most ten tags. */
export const OBJECT_TAGS_MAX = 10;
/** S3 Batch Operations: a job carries at most fifty tags. */
export const JOB_TAGS_MAX = 50;
/** More requests in flight from one process only wait for each other. */
export const CONCURRENCY_MAX = 4096;
export const JOB_PRIORITY_MAX = 2_147_483_647;
/** A Suspended job that nobody confirms fails after this time. */
export const CONFIRMATION_MS_MAX = 30 * DAY_MS;
/** A job disappears this long after its terminal state. */
export const JOB_RETENTION_MS = 90 * DAY_MS;
/** Failure threshold: looked at once this many tasks have run ... */
export const THRESHOLD_TASKS_MIN = 1000;
/** ... and tripped when more than this share of them failed. */
export const THRESHOLD_FAILED_SHARE = 0.5;
/** S3: one CopyObject copies at most this much. */
export const COPY_BYTES_MAX = 5 * KIB * KIB * KIB;
/** ListJobs: entries of one page. */
export const LIST_JOBS_MAX = 1000;
/** FailureReason and StatusUpdateReason, in characters. */
export const FAILURE_REASON_CHARS_MAX = 256;

/**
 * Rows of one chunk. Small ones are shared by many workers and soon done; large ones cost less: a lease, a part and
 * a commit each. So chunks are the larger the longer their list is, and none is more than CHUNK_SHARE of what it
 * is taken to have.
 */
export const CHUNK_ROWS = 1000;
export const CHUNK_ROWS_MAX = 8000;
export const CHUNK_SHARE = 1 / 128;
/** A manifest row longer than this is not a row: key column (each byte escaped) and ample room. */
export const MANIFEST_ROW_BYTES_MAX = 64 * KIB;
/** Chunks that one report unit turns into at most one succeeded and one failed file: two million rows. */
export const REPORT_CHUNKS_PER_UNIT = 250;

/**
 * A lease lasts this long after its last renewal; a worker that was not seen for as long is taken
 * for dead.
 */
export const LEASE_MS = 15_000;
/**
 * THE MARGIN OF CLOCKS, as a part of a lease. Leases are judged by the judge's own clock, and a worker
 * whose clock is off the database's by more than this takes none. So the clocks of two workers differ
 * by at most two fifths of a lease (6 s of 15): one that is renewed every 300 ms is not taken for
 * dead, and what a dead worker held is taken up after at most 1.4 lease times. Even without the
 * margin tasks would only be repeated: the fence decides what is recorded.
 */
export const CLOCK_MARGIN = 1 / 5;
