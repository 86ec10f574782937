/**
 * The service is killed at random moments while it runs a job; in the end nothing may show it (D1,
 * D2): report, counters and objects agree, and nothing of it is left lying about.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../src/base/random.ts';
import { percentEncoded } from './keys.ts';
import { assertCounts, assertReports, atOnce, manifestTasks, type World } from './world.ts';

export interface KillOptions {
  readonly rows: number;
  readonly kills: number;
  readonly say: (text: string) => void;
}

/** One row in so many names an object that does not exist. */
const GHOST_EVERY = 40;
const READS_AT_ONCE = 32;
const TAG = '<Tag><Key>e2e</Key><Value>was here</Value></Tag>';

export async function killAgainAndAgain(world: World, options: KillOptions): Promise<void> {
  const { rows, kills, say } = options;
  const seed = Number(process.env['BRIGADE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  say(`BRIGADE_TEST_SEED=${seed} repeats the moments of the kills.`);
  const random = seededRandom(seed);

  const bucket = await world.bucket();
  const keys = Array.from({ length: rows }, (_, index) => `ключ ${index % 7}/+${index}%.txt`);
  const isGhost = (index: number): boolean => index % GHOST_EVERY === GHOST_EVERY - 1;
  await world.upload(
    bucket,
    keys.filter((_, index) => !isGhost(index)),
  );
  const text = keys.map((key) => `${bucket},${percentEncoded(key)}\n`).join('');
  const report = { bucket, prefix: 'reports' };
  const jobId = await world.createJob({ manifest: await world.manifest(bucket, text), report });

  const counted: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    // From preparing to the report: each kill waits for its share of the tasks, then a moment.
    const share = kill === kills - 1 ? 0.97 : kill / kills;
    const { Status } = await world.until(jobId, ({ ProgressSummary: summary, Status: status }) => {
      counted[kill] = (summary?.NumberOfTasksSucceeded ?? 0) + (summary?.NumberOfTasksFailed ?? 0);
      return status === 'Complete' || (counted[kill] ?? 0) >= share * rows;
    });
    await sleep(random.next() * 400);
    await world.service.kill9();
    say(`Kill ${kill + 1} in ${Status}, at ${counted[kill]} tasks or a little later.`);
    await world.service.restart();
  }
  assert.ok(new Set(counted).size > kills / 2, `the kills missed the job: ${counted.join()}`);

  const job = await world.ended(jobId);
  assert.equal(job.Status, 'Complete', JSON.stringify(job.FailureReasons));
  const reported = await world.report(job);
  assertReports(reported, manifestTasks(text));
  assertCounts(job, reported);
  assert.equal(job.ProgressSummary?.TotalNumberOfTasks, rows);
  assert.equal(job.ProgressSummary.NumberOfTasksFailed, keys.filter((_, i) => isGhost(i)).length);
  const ghosts = new Set(keys.filter((_, index) => isGhost(index)).map(percentEncoded));
  for (const { key, status } of reported) {
    assert.equal(status, ghosts.has(key) ? 'failed' : 'succeeded', key);
  }
  await atOnce(keys, READS_AT_ONCE, async (key, index) => {
    const answer = await world.thin.send({ method: 'GET', bucket, key, query: { tagging: '' } });
    const found = answer.body.toString();
    if (isGhost(index)) assert.equal(answer.status, 404, found);
    else assert.ok(found.includes(TAG) && found.split('<Tag>').length === 2, `${key}: ${found}`);
  });
  assert.deepEqual(await filesBelow(join(world.service.folder, 'staging')), []);
  const left = (await filesBelow(world.service.folder)).filter((name) => name.includes('.tmp'));
  assert.deepEqual(left, []);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}
