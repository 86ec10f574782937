/**
 * S3ReplicateObject: replicates versions as the replication configuration of their bucket says, by
 * copying: works on stores that replicate by themselves and on those that only keep the
 * configuration. What a store has replicated itself is found out per version and not copied again.
 *
 * I1. A bucket without a configuration, or whose destinations are all unusable, fails the job up
 *     front.
 * I2. Every matching rule is attempted, also after another has failed.
 * I3. A task that is tried again goes on with the rules that are left. A copy whose answer got lost,
 *     or whose worker died before it was recorded, leaves one more version of the same content.
 * I4. The destination's current version ends up as that of the source's current one, whatever the
 *     order of the list (version-order.ts). Copies have version ids of their own: S3 lets nobody
 *     choose one.
 * I5. Archived objects and what no rule matches are not eligible, and left untouched. A replica is
 *     eligible, which it is not for a store's own replication: that is what such a job is there for.
 */
import type { S3Tag } from '@aws-sdk/client-s3-control';
import { assert } from '../base/assert.ts';
import type { JobRequest } from '../model/job.ts';
import { failed, type FailedOutcome, type Outcome, type Task } from '../model/outcome.ts';
import { type CopyRoom, copyRoom } from './copy-object.ts';
import { tagsOfSource } from './copy-source.ts';
import type { Opened, Operation, Place } from './operation.ts';
import { ENDPOINT_UNKNOWN } from './probe.ts';
import { isCovered, replicate, type Replicated } from './replica.ts';
import {
  NO_VERSION,
  NOT_ELIGIBLE,
  replicationFailure,
  toReplicationFailure,
} from './replication-codes.ts';
import { matchingRules, type ReplicationRule } from './replication-config.ts';
import { type Destinations, probeReplication } from './replication-probe.ts';
import { lookAtSource, type ReplicationSource, type Version } from './replication-source.ts';
import { onObjects } from './task.ts';
import { VersionOrder, type VersionTurn } from './version-order.ts';

const REPLICATED: Outcome = { ok: true, message: 'success' };
const STOPPED = failed(0, 'JobStopped', 'The job stopped before the replication was done', 'later');
/** AWS: neither class is eligible, nor are the archive tiers of Intelligent-Tiering. */
const ARCHIVED = ['GLACIER', 'DEEP_ARCHIVE'];

export const replicateObject: Operation = {
  name: 'S3ReplicateObject',
  missingVersion: NO_VERSION,

  check: () => [],

  async open(request, place, signal): Promise<Opened> {
    const traits = await place.s3.traits(signal);
    if (traits === undefined) return ENDPOINT_UNKNOWN;
    const probed = await probeReplication(place, signal); // I1
    if (!probed.ok) return probed;
    const { rules, destinations, isVersioned } = probed;
    if (isVersioned && hasNoVersions(request)) {
      const reason = `The bucket ${place.bucket} is versioned: the manifest needs a VersionId column.`;
      return { ok: false, code: 'InvalidManifestContent', reason };
    }
    const replication = new Replication(rules, destinations, copyRoom(place, traits));
    const run = onObjects((task, stopping) =>
      isVersioned && task.versionId === undefined
        ? Promise.resolve(NO_VERSION)
        : replication.run(task, stopping),
    );
    const note = `Versions are copied to ${[...destinations.keys()].join(', ')} by ${rules.length} rules, except those that the store shows to have replicated itself.`;
    return { ok: true, run, note };
  },
};

function hasNoVersions(request: JobRequest): boolean {
  const fields = request.Manifest?.Spec?.Fields;
  return fields !== undefined && !fields.includes('VersionId');
}

class Replication {
  readonly #rules: readonly ReplicationRule[];
  readonly #destinations: Destinations;
  readonly #room: CopyRoom;
  readonly #order = new VersionOrder();
  /** Destinations that a task has done, and whether it wrote there itself (I3). */
  readonly #done = new WeakMap<Task, Map<string, boolean>>();

  constructor(rules: readonly ReplicationRule[], destinations: Destinations, room: CopyRoom) {
    this.#rules = rules;
    this.#destinations = destinations;
    this.#room = room;
  }

  async run(task: Task, stopping: AbortSignal): Promise<Outcome> {
    const turn = this.#order.enter(task.key);
    try {
      const failure = await this.#attempt(task, turn, stopping);
      const covering = await turn.uncover();
      return failure ?? covering ?? REPLICATED;
    } finally {
      turn.leave();
    }
  }

  async #attempt(
    task: Task,
    turn: VersionTurn,
    stopping: AbortSignal,
  ): Promise<FailedOutcome | undefined> {
    const source = await lookAtSource(this.#s3, task);
    if (!source.ok) return source;
    const rules = await this.#rulesFor(task, source.version);
    if (!rules.ok) return rules;
    if (source.isCurrent) await turn.asCurrent(); // I4
    return this.#replicateAll({ task, source, rules: rules.rules, turn }, stopping);
  }

  get #s3(): Place['s3'] {
    return this.#room.place.s3;
  }

  /** I5 */
  async #rulesFor(task: Task, version: Version): Promise<Rules | FailedOutcome> {
    const isMarker = version.kind === 'marker';
    const head = version.kind === 'object' ? version.head : {};
    const isArchived =
      ARCHIVED.includes(head['x-amz-storage-class'] ?? '') ||
      head['x-amz-archive-status'] !== undefined;
    if (isArchived) return NOT_ELIGIBLE;
    const { key } = task;
    const asksForTags = this.#rules.some(
      (rule) => rule.tags.length > 0 && key.startsWith(rule.prefix),
    );
    let tags: readonly S3Tag[] | undefined;
    if (asksForTags && !isMarker) {
      const read = await tagsOfSource(this.#s3, task);
      if (!read.ok) return toReplicationFailure(read, 'SrcGetTaggingNotPermitted');
      tags = read.tags;
    }
    const isKms = head['x-amz-server-side-encryption']?.startsWith('aws:kms') === true;
    const rules = matchingRules(this.#rules, { key, tags, isMarker, isKms });
    return rules.length === 0 ? NOT_ELIGIBLE : { ok: true, rules };
  }

  /** I2. The failure to report: one that is worth a retry before one that is not. */
  async #replicateAll(
    { task, source, rules, turn }: Work,
    stopping: AbortSignal,
  ): Promise<FailedOutcome | undefined> {
    const done = this.#done.get(task) ?? new Map<string, boolean>();
    this.#done.set(task, done);
    let failure: FailedOutcome | undefined;
    for (const rule of rules) {
      const { bucket } = rule.destination;
      if (!done.has(bucket)) {
        const result = stopping.aborted
          ? STOPPED
          : await this.#replicateBy(rule, task, source.version, stopping);
        if (result.ok) done.set(bucket, result.isWritten);
        else if (failure === undefined || failure.again === 'never') failure = result;
      }
      const { current } = source;
      if (done.get(bucket) === true && current !== undefined) {
        turn.covers(bucket, () => this.#uncover(rule, task, current, stopping));
      }
    }
    return failure;
  }

  #replicateBy(
    rule: ReplicationRule,
    task: Task,
    version: Version,
    stopping: AbortSignal,
  ): Promise<Replicated> {
    const { bucket } = rule.destination;
    const state = this.#destinations.get(bucket);
    assert(state, 'A rule leads to a destination that was not looked at.');
    return typeof state === 'string'
      ? Promise.resolve(replicationFailure(state, bucket))
      : replicate({ task, version, rule, state }, this.#room, stopping);
  }

  /** I4. Copies the source's current version once more where an older one now covers its replica. */
  async #uncover(
    rule: ReplicationRule,
    task: Task,
    current: Version,
    stopping: AbortSignal,
  ): Promise<FailedOutcome | undefined> {
    const { bucket } = rule.destination;
    if (!(await isCovered(this.#s3, task.key, bucket, current))) return undefined;
    const { versionId: _older, ...top } = task;
    const result = await this.#replicateBy(rule, top, current, stopping);
    if (result.ok) return undefined;
    const message = `The version was replicated, but now covers the current one in ${bucket}: ${result.message}`;
    return { ...result, message };
  }
}

interface Rules {
  readonly ok: true;
  readonly rules: readonly ReplicationRule[];
}

interface Work {
  readonly task: Task;
  readonly source: ReplicationSource;
  readonly rules: readonly ReplicationRule[];
  readonly turn: VersionTurn;
}
