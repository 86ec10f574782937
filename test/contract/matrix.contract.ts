/**
 * Every operation on a store: `<operation> on <store>`, one test each, as COMPATIBILITY.md tells it.
 * The AWS SDK makes the objects and reads each of them back.
 *
 * I1. A job is run as a worker runs it: parameters checked, operation opened once, 32 tasks in
 *     flight. Its objects have awkward keys; one is a version beside another, which must stay as it
 *     is; one is missing, and its outcome has the store's own code.
 * I2. What a store cannot do is no skip: the job is refused before its first task, or every task
 *     fails, with the words that are expected; and every object is as it was.
 * I3. The expectations name every operation there is, and nothing else.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Outcome, Task } from '../../src/model/outcome.ts';
import { OPERATIONS } from '../../src/operations/index.ts';
import { SIGNAL } from '../operations/scene.ts';
import { each, keysOf, THOUSAND } from '../real/many.ts';
import { type Case, CASES, type Quirk } from './matrix-cases.ts';
import { type Subject, World } from './matrix-world.ts';
import type { StoreUnderTest } from './operations.contract.ts';

/** By `<operation> on <store>`: `works`, or `refused: ` and words of the refusal. */
export type Expectations = Readonly<Record<string, string>>;

const KEYS = [
  'plain',
  'with space and+plus',
  'ü/日本語/😀',
  'double//slash/',
  'percent%20%2F%zz',
  `marks'"<>&;=?#@!$()*,:[]{}|^~\``,
];

export interface MatrixOptions {
  /** By operation. */
  readonly quirks?: Readonly<Record<string, Quirk>>;
  /** Operations to run on a thousand objects, too. */
  readonly thousand?: readonly string[];
}

/** `start` is called once, before the tests. */
export function matrixContract(
  store: string,
  start: () => Promise<StoreUnderTest>,
  expectations: Expectations,
  { quirks = {}, thousand = [] }: MatrixOptions = {},
): void {
  let running: StoreUnderTest | undefined;
  let world: World;
  before(async () => {
    running = await start();
    world = new World(running);
  });
  after(async () => {
    await world.close();
    await running?.stop?.();
  });

  test(`the expectations name every operation on ${store}, and no other`, () => {
    const names = Object.keys(CASES);
    const expected = names.map((name) => `${name} on ${store}`);
    assert.deepEqual(Object.keys(expectations).sort(), expected.sort());
    const missing = Object.keys(OPERATIONS).filter((name) => !names.includes(name));
    assert.deepEqual(missing, []);
    const strange = Object.keys(quirks).filter((name) => !names.includes(name));
    assert.deepEqual(strange, []);
    assert.deepEqual(
      thousand.filter((name) => expectations[`${name} on ${store}`] !== 'works'),
      [],
    );
  });
  for (const [name, usual] of Object.entries(CASES)) {
    const one: Case = { ...usual, ...quirks[name] };
    const title = `${name} on ${store}`;
    const expected = expectations[title] ?? '';
    test(title, async () => {
      await world.fresh();
      if (expected === 'works') await works(world, one);
      else await isRefused(world, one, /^refused: (.+)$/.exec(expected)?.[1] ?? 'no expectation');
    });
    if (!thousand.includes(name)) continue;
    test(`a thousand objects: ${title}`, async () => {
      await world.fresh();
      const subjects = await putAlike(world, one, keysOf(THOUSAND));
      await checkAll(world, one, subjects, await run(world, one, tasksOf(subjects)));
    });
  }
}

async function works(world: World, one: Case): Promise<void> {
  await one.prepare?.(world);
  const home = one.home ?? 'plain';
  const keys = KEYS.filter((key) => key !== one.without);
  const subjects = await putAll(world, one, keys);
  const { named, bystander } = await putVersions(world, one);
  const isOfVersions = home !== 'plain';
  const missing = world.task(home, 'nowhere', isOfVersions ? named.task.versionId : undefined);
  const together = isOfVersions ? [...subjects, named] : subjects;
  const outcomes = await run(world, one, [...tasksOf(together), missing]);
  const last = outcomes.pop();
  assert.ok(last);
  assert.match(said(last), one.missing);
  await checkAll(world, one, together, outcomes);
  // A job has one bucket.
  if (!isOfVersions) await checkAll(world, one, [named], await run(world, one, [named.task]));
  assert.deepEqual(await world.see(bystander.task), bystander.before);
  await one.also?.(world);
}

/** I2 */
async function isRefused(world: World, one: Case, words: string): Promise<void> {
  // A store may refuse to be prepared, too; what the job then says is asked below.
  await one.prepare?.(world).catch((error: unknown) => {
    assert.match(String(error), /MethodNotAllowed|NotImplemented/);
  });
  const plain: Case = { ...one, put: {} };
  const { named, bystander } = await putVersions(world, plain);
  const subjects = [...(await putAll(world, plain, KEYS)), named, bystander];
  const job = one.job(world);
  const home = world.bucket(one.home ?? 'plain');
  const opened = await world.open(job, home, one.through?.(world));
  if (!opened.ok) {
    assert.equal(opened.again, undefined);
    assert.ok(opened.reason.includes(words), opened.reason);
  } else {
    for (const { task } of subjects.filter(({ task }) => task.bucket === home)) {
      const outcome = await opened.run(task, SIGNAL);
      assert.ok(!outcome.ok, JSON.stringify(outcome));
      assert.ok(said(outcome).includes(words), said(outcome));
    }
  }
  for (const { task, before: seen } of subjects) assert.deepEqual(await world.see(task), seen);
}

async function putAll(world: World, one: Case, keys: readonly string[]): Promise<Subject[]> {
  const { home = 'plain', put } = one;
  const subjects: Subject[] = [];
  await each(keys, async (key, index) => {
    const task = world.task(home, key, await world.put(home, key, put));
    subjects[index] = { task, before: await world.see(task) };
  });
  return subjects;
}

/** Objects that differ in key and content only, so that one of them shows how all are. */
async function putAlike(world: World, one: Case, keys: readonly string[]): Promise<Subject[]> {
  const { home = 'plain', put } = one;
  const [example] = await putAll(world, one, keys.slice(0, 1));
  assert.ok(example);
  const subjects: Subject[] = [];
  await each(keys, async (key, index) => {
    const task = world.task(home, key, await world.put(home, key, put));
    subjects[index] = { task, before: { ...example.before, body: `I am ${key}` } };
  });
  return subjects;
}

/** Two versions of a key: the one that the row names, and the other. */
async function putVersions(world: World, { home = 'plain', names = 'older', put }: Case) {
  const kind = home === 'plain' ? 'versions' : home;
  const key = 'two versions ü';
  const versions: Subject[] = [];
  for (const age of ['older', 'current']) {
    const id = await world.put(kind, key, { ...put, Body: `I am ${key}, ${age}` });
    assert.ok(id);
    const task = world.task(kind, key, id);
    versions.push({ task, before: await world.see(task) });
  }
  const [older, current] = versions;
  assert.ok(older && current);
  return names === 'older'
    ? { named: older, bystander: current }
    : { named: current, bystander: older };
}

function tasksOf(subjects: readonly Subject[]): Task[] {
  return subjects.map(({ task }) => task);
}

async function run(world: World, one: Case, tasks: readonly Task[]): Promise<Outcome[]> {
  const bucket = tasks[0]?.bucket ?? '';
  const opened = await world.open(one.job(world), bucket, one.through?.(world));
  assert.ok(opened.ok, opened.ok ? '' : opened.reason);
  const outcomes: Outcome[] = [];
  await each(tasks, async (task, index) => {
    outcomes[index] = await opened.run(task, SIGNAL);
  });
  return outcomes;
}

async function checkAll(
  world: World,
  one: Case,
  subjects: readonly Subject[],
  outcomes: readonly Outcome[],
): Promise<void> {
  assert.equal(outcomes.length, subjects.length);
  await each(subjects, async (subject, index) => {
    const outcome = outcomes[index];
    assert.ok(outcome?.ok, `${subject.task.key}: ${JSON.stringify(outcome)}`);
    await one.check(world, subject, outcome.message);
  });
}

function said(outcome: Outcome): string {
  return outcome.ok ? outcome.message : `${outcome.code}: ${outcome.message}`;
}
