/** Those who use a world: some change their minds all the time, some only watch. */
import type { JobTag } from '../../src/model/job.ts';
import { isTerminal } from '../../src/lifecycle/index.ts';
import { checkSight, type Sight } from './checkers.ts';
import { ACCOUNT, type PlannedJob } from './jobs.ts';
import type { WorldParts } from './worker.ts';

/** How often somebody looks at a job. */
const WATCH_MS = 4000;
const MEDDLE_MS = 3000;
const RESUME_MS = 5000;

interface Running {
  readonly value: boolean;
}

/** Pauses, resumes, confirms, cancels, changes priorities and options in the middle of it all. */
export async function meddle(
  world: WorldParts,
  jobs: readonly PlannedJob[],
  isOver: Running,
): Promise<void> {
  const { store, clock, random } = world;
  for (;;) {
    await clock.sleep(random.next() * MEDDLE_MS);
    const id = await drawJob(world, jobs);
    if (isOver.value) return;
    const details = { at: clock.now() };
    const kind = random.next();
    if (kind < 0.08) await store.applyByUser(ACCOUNT, id, 'CancelRequested', details);
    else if (kind < 0.3) await store.applyByUser(ACCOUNT, id, 'PauseRequested', details);
    else if (kind < 0.65) await store.applyByUser(ACCOUNT, id, 'Confirmed', details);
    else if (kind < 0.8) await store.setPriority(ACCOUNT, id, Math.floor(random.next() * 3));
    else await store.setTags(ACCOUNT, id, drawOptions(random.next(), random.next()));
  }
}

/** Any of them, but rather one that is at work: there is most to break. */
async function drawJob(
  { store, random }: WorldParts,
  jobs: readonly PlannedJob[],
): Promise<string> {
  let id = '';
  for (let tries = 0; tries < 3; tries++) {
    id = jobs[Math.floor(random.next() * jobs.length)]?.id ?? '';
    if ((await store.job(ACCOUNT, id))?.status === 'Active') break;
  }
  return id;
}

function drawOptions(kind: number, value: number): JobTag[] {
  const tag = (name: string, of: number): JobTag => ({ Key: `brigade:${name}`, Value: String(of) });
  if (kind < 0.3) return [tag('max-tasks-per-second', 2 + Math.floor(value * 50))];
  if (kind < 0.6) return [tag('concurrency', 1 + Math.floor(value * 6))];
  if (kind < 0.75) return [tag('task-timeout', 1 + Math.floor(value * 3))];
  return [];
}

/** When all faults are over: nobody leaves a job waiting for its user. */
export async function letThemEnd(
  { store, clock }: WorldParts,
  jobs: readonly PlannedJob[],
  isOver: Running,
): Promise<void> {
  while (!isOver.value) {
    for (const { id } of jobs) {
      await store.applyByUser(ACCOUNT, id, 'Confirmed', { at: clock.now() });
    }
    await clock.sleep(RESUME_MS);
  }
}

/** DescribeJob, again and again, in the two steps that the API takes. */
export async function watch(
  { store, clock, random }: WorldParts,
  jobs: readonly PlannedJob[],
  isOver: Running,
  problems: string[],
): Promise<void> {
  const seen = new Map<string, Sight>();
  while (!isOver.value) {
    await clock.sleep(random.next() * WATCH_MS);
    const planned = jobs[Math.floor(random.next() * jobs.length)];
    const job = planned && (await store.job(ACCOUNT, planned.id));
    if (!job) return;
    await clock.sleep(random.next() * 10);
    const live = (await store.liveCounts([job.id], clock.now())).get(job.id);
    const sight = { job, live: (live?.succeeded ?? 0) + (live?.failed ?? 0) };
    problems.push(...checkSight(sight, seen.get(job.id), planned.keys.length));
    seen.set(job.id, sight);
    if (isTerminal(job.status) && problems.length > 0) return;
  }
}
