/**
 * What every staging must do. Aim: what was written is read back whole and by range, what is missing
 * or short is told and never passed over, and nothing is removed that is not its own.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { systemRandom } from '../../src/base/random.ts';
import {
  checkStaging,
  PROBE_JOB,
  segmentNumber,
  StagedFileLost,
  type StagedName,
  type Staging,
  StagingUnavailable,
  uploadName,
  uploadTarget,
} from '../../src/staging/index.ts';

/** One place with several stagings, and what lies there. */
export interface StagingGround {
  /** A staging in a sub-place of this name; the same name is the same staging. */
  open(name: string): Staging;
  /** In a place that is not there, or may not be written. */
  refused(): Staging;
  /** Paths of all files of the sub-place, relative to it. */
  files(name: string): Promise<readonly string[]>;
  /** Puts a file there, past the staging. */
  put(name: string, path: string, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

const MIB = 1024 * 1024;

export function stagingContract(title: string, start: () => Promise<StagingGround>): void {
  let ground: StagingGround;
  let places = 0;
  before(async () => {
    ground = await start();
  });
  after(() => ground.close());

  const scene = (): { readonly name: string; readonly staging: Staging } => {
    const name = `place-${++places}`;
    return { name, staging: ground.open(name) };
  };
  const check = (name: string, play: () => Promise<void>): void => {
    test(`${title}: ${name}`, play);
  };

  check('segments and parts of a job are read back whole and by range', async () => {
    const { staging } = scene();
    const jobId = randomUUID();
    const segment = { jobId, segment: segmentNumber(3, 0) };
    const part = { jobId, seq: 0, fence: 3 };
    await staging.write(segment, Buffer.from('0123456789'));
    await staging.write(part, Buffer.from('part'));
    assert.equal(await text(staging, segment), '0123456789');
    assert.equal(await text(staging, segment, 2, 5), '234');
    assert.equal(await text(staging, segment, 2), '23456789');
    assert.equal(await text(staging, segment, 5, 5), '');
    assert.equal(await text(staging, segment, 0, 10), '0123456789');
    assert.equal(await text(staging, part), 'part');
  });

  check(
    'notes of open uploads are listed until they are removed, and go with their job',
    async () => {
      const { staging } = scene();
      const [jobId, other] = [randomUUID(), randomUUID()];
      assert.deepEqual(await staging.uploads(jobId), []);
      const names = ['one', 'two'].map((id) => uploadName(jobId, 'target', id));
      for (const name of names) await staging.write(name, Buffer.from(name.upload));
      await staging.write(uploadName(other, 'target', 'one'), Buffer.from('other'));
      await staging.write({ jobId, seq: 0, fence: 3 }, Buffer.from('part'));
      const listed = [...(await staging.uploads(jobId))].map(({ upload }) => upload).sort();
      assert.deepEqual(listed, names.map(({ upload }) => upload).sort());
      assert.ok(listed.every((upload) => upload.startsWith(uploadTarget('target'))));
      const [first, second] = names;
      assert.ok(first && second);
      assert.equal(await text(staging, first), first.upload);
      await staging.remove(first);
      assert.deepEqual(await staging.uploads(jobId), [second]);
      await staging.removeJob(jobId);
      assert.deepEqual(await staging.uploads(jobId), []);
      assert.equal((await staging.uploads(other)).length, 1);
    },
  );

  check('a large file comes back byte for byte, also from its middle', async () => {
    const { staging } = scene();
    const bytes = Buffer.alloc(17 * MIB, 'the rows of a rewritten list\n');
    const name = { jobId: randomUUID(), segment: segmentNumber(1, 1001) };
    await staging.write(name, bytes);
    assert.ok((await read(staging, name, 0, Infinity)).equals(bytes));
    assert.ok(
      (await read(staging, name, 5 * MIB, 9 * MIB + 1)).equals(
        bytes.subarray(5 * MIB, 9 * MIB + 1),
      ),
    );
  });

  check('a lease that was lost overwrites nothing of the one after it', async () => {
    const { staging } = scene();
    const jobId = randomUUID();
    const [old, next] = [1, 2].map((fence) => ({ jobId, segment: segmentNumber(fence, 0) }));
    assert.ok(old && next);
    await staging.write(next, Buffer.from('next'));
    await staging.write(old, Buffer.from('old'));
    await staging.remove(old);
    await staging.remove(old);
    assert.equal(await text(staging, next), 'next');
  });

  check('a file that is not there is lost, and named', async () => {
    const { staging } = scene();
    const jobId = randomUUID();
    await staging.write({ jobId, seq: 1, fence: 1 }, Buffer.from('part'));
    await assert.rejects(
      text(staging, { jobId, seq: 1, fence: 2 }, 0, 4),
      lost(`${jobId}/0/1-2.csv`),
    );
    await assert.rejects(text(staging, { jobId, segment: 7 }), lost(`${jobId}/list/0/7.csv`));
  });

  check('a file that is shorter than what is asked for is lost, and named', async () => {
    const { name, staging } = scene();
    const jobId = randomUUID();
    const part = { jobId, seq: 2000, fence: 1 };
    await staging.write(part, Buffer.from('0123456789'));
    await ground.put(name, `jobs/${jobId}/2/2000-1.csv`, Buffer.from('01234'));
    assert.equal(await text(staging, part, 0, 5), '01234');
    await assert.rejects(text(staging, part, 0, 10), lost('2000-1.csv'));
    await assert.rejects(text(staging, part, 5, 10), lost('2000-1.csv'));
    await assert.rejects(text(staging, part, 7, 10), lost('2000-1.csv'));
  });

  check(
    'a job leaves nothing behind, however many files it had, and takes nothing of another',
    async () => {
      const { name, staging } = scene();
      const [gone, stays] = [randomUUID(), randomUUID()];
      const names = Array.from({ length: 1050 }, (_, seq): StagedName =>
        seq % 2 === 0 ? { jobId: gone, seq, fence: 1 } : { jobId: gone, segment: seq },
      );
      const other = { jobId: stays, segment: 7 };
      for (let at = 0; at < names.length; at += 50) {
        const some = names.slice(at, at + 50);
        await Promise.all(some.map((one) => staging.write(one, Buffer.from('x'))));
      }
      await staging.write(other, Buffer.from('other'));
      assert.deepEqual([...(await staging.jobs())].sort(), [gone, stays].sort());
      await staging.removeJob(gone);
      await staging.removeJob(gone);
      assert.deepEqual(await staging.jobs(), [stays]);
      assert.deepEqual(await ground.files(name), [`jobs/${stays}/list/0/7.csv`]);
    },
  );

  check('what does not look like a job is not told of, and never removed', async () => {
    const { name, staging } = scene();
    const jobId = randomUUID();
    const foreign = [
      'notes.txt',
      `${jobId}/0/1-1.csv`,
      'jobs/notes.txt',
      'jobs/a job/0/1-1.csv',
      // Another installation, whose place lies inside of ours.
      `jobs/jobs/${jobId}/0/1-1.csv`,
      `jobs/${jobId}x/0/1-1.csv`,
    ];
    for (const path of foreign) await ground.put(name, path, Buffer.from('not yours'));
    assert.deepEqual(await staging.jobs(), []);
    await staging.removeJob(jobId);
    assert.deepEqual([...(await ground.files(name))].sort(), [...foreign].sort());
    for (const id of ['', '.', '..', `${jobId}/0`, '*']) {
      await assert.rejects(async () => staging.removeJob(id), /not a UUID/, id);
    }
  });

  check(
    'two places beside each other, one named like the beginning of the other, are apart',
    async () => {
      const { name, staging } = scene();
      const longer = ground.open(`${name}-b`);
      const jobId = randomUUID();
      const part = { jobId, seq: 0, fence: 1 };
      await longer.write(part, Buffer.from('kept'));
      assert.deepEqual(await staging.jobs(), []);
      await staging.removeJob(jobId);
      assert.equal(await text(longer, part), 'kept');
    },
  );

  check('the check leaves nothing behind', async () => {
    const { name, staging } = scene();
    await checkStaging(staging, systemRandom);
    assert.deepEqual(await ground.files(name), []);
  });

  check('a place that is not there or may not be used is refused with its name', async () => {
    const staging = ground.refused();
    const refusal = (error: unknown): boolean =>
      error instanceof StagingUnavailable &&
      error.isRefused &&
      /^Staging in .+ cannot be used: ./.test(error.message);
    await assert.rejects(checkStaging(staging, systemRandom), refusal);
    await assert.rejects(
      text(staging, { jobId: PROBE_JOB, seq: 0, fence: 1 }, 0, 1),
      (error) => error instanceof StagingUnavailable,
    );
  });
}

const lost =
  (path: string) =>
  (error: unknown): boolean =>
    error instanceof StagedFileLost && error.message.includes(path);

export async function read(
  staging: Staging,
  name: StagedName,
  start: number,
  end: number,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of staging.read(name, start, end)) pieces.push(piece);
  return Buffer.concat(pieces);
}

export async function text(
  staging: Staging,
  name: StagedName,
  start = 0,
  end = Infinity,
): Promise<string> {
  return (await read(staging, name, start, end)).toString();
}
