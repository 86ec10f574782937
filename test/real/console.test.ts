// Aim: the console as people use it, in a real browser over a real service: each kind of list through
// the wizard, confirmed, watched to its end without reloading; reports, retries, clones, pauses.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { SESSION_MS, sealSession } from '../../src/api/console/session.ts';
import { fixedKeyring, Secret } from '../../src/auth/index.ts';
import { type ConsoleWorld, openConsole } from './console-world.ts';

let world: ConsoleWorld;
let page: Page;

before(async () => {
  world = await openConsole(['photos', 'archive', 'reports']);
  ({ page } = world);
  for (let i = 0; i < 40; i++) await world.put('photos', `2026/picture ${i}.jpg`, `picture ${i}`);
  for (let i = 0; i < 10; i++) await world.put('photos', `notes/${i}.txt`, 'text');
  const rows = Array.from({ length: 20 }, (_, i) => `photos,2026/picture+${i}.jpg`);
  await world.put(
    'photos',
    'lists/good.csv',
    [...rows, 'photos,gone/a.jpg', 'photos,gone/b.jpg', ''].join('\n'),
  );
  await world.put('photos', 'lists/bad.csv', 'photos,fine\nother,bucket\nphotos,a%zz\nphotos\n');
});
after(() => world.stop());

const next = (): Promise<void> => page.getByRole('button', { name: 'Next', exact: true }).click();
const choose = (name: string): Promise<void> => page.getByRole('radio', { name }).check();
const alertOf = (text: string | RegExp): Locator => page.getByText(text).first();

/** Types a value into a field of the wizard. */
async function fill(label: string, value: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).fill(value);
}

/** From the options step to the page of the new job; resolves to its id. */
async function createJob(description: string): Promise<string> {
  await fill('Description', description);
  await fill('Report destination', 's3://reports/console');
  await next();
  await page.getByRole('heading', { name: 'Review', exact: true }).waitFor();
  return submit();
}

async function submit(): Promise<string> {
  await page.getByRole('button', { name: 'Create job', exact: true }).click();
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
  return page.url().split('/').at(-1) ?? '';
}

/** Waits for the question, looks at the number, and runs the job. */
async function runJob(objects: string): Promise<void> {
  await page.getByText('This job awaits your confirmation to run').waitFor();
  await page.getByRole('button', { name: 'Run job' }).last().click();
  await page.getByText('Total objects listed in manifest').waitFor();
  await page.getByText(objects, { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Run job', exact: true }).click();
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
}

const tab = (name: string): Promise<void> => page.getByRole('tab', { name }).click();

test('a wrong secret does not sign in, the right one does, and no script ever sees it again', async () => {
  await world.goto('/');
  await page.getByLabel('Access key ID').fill(world.service.credentials.accessKeyId);
  await page.getByLabel('Secret access key').fill('guessed');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await alertOf('do not belong together').waitFor();
  assert.equal(await page.getByLabel('Secret access key').inputValue(), '');
  world.complaints.length = 0; // The browser reports the 401 of the refusal.
  await world.signIn();
  await alertOf('No jobs yet').waitFor();
  const seen = await page.evaluate<string>(
    'JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie',
  );
  assert.equal(seen, '{}');
  const [cookie] = await page.context().cookies();
  assert.deepEqual(
    [cookie?.httpOnly, cookie?.sameSite, cookie?.path],
    [true, 'Strict', '/console'],
  );
  assert.ok(!cookie?.value.includes(world.service.credentials.secretAccessKey));
});

test('a list with problems is shown with its problems before a job is made of it', async () => {
  await world.goto('/create');
  await choose('CSV manifest');
  await fill('Manifest object', 's3://photos/lists/bad.csv');
  await alertOf('3 of these 4 rows have problems').waitFor();
  await alertOf('names the bucket other').waitFor();
  assert.equal(await page.getByText('Problem', { exact: true }).count(), 3);
});

test('a CSV manifest is browsed for, checked, run, and watched to its end without reloading', async () => {
  await world.goto('/create');
  await choose('CSV manifest');
  await page.getByRole('button', { name: 'Browse for Manifest object' }).click();
  const browser = page.getByRole('dialog');
  await browser.getByRole('link', { name: 'photos' }).click();
  await browser.getByRole('link', { name: 'lists/' }).click();
  await browser.getByText('good.csv').click();
  await browser.getByRole('button', { name: 'Choose lists/good.csv' }).click();
  await page.getByText(/^[0-9a-f]{32}$/).waitFor();
  await alertOf('2026/picture+0.jpg').waitFor();
  await next();
  await choose('Replace all object tags');
  await page.getByRole('button', { name: 'Add tag' }).click();
  await page.getByLabel('Key of tag 1').fill('year');
  await page.getByLabel('Value of tag 1').fill('2026');
  await next();
  await choose('All tasks');
  await createJob('Tag the pictures');
  await runJob('22');
  await page.getByText('Complete, with failures').first().waitFor();

  await tab('Failures');
  await page.getByRole('heading', { name: /NoSuchKey/ }).waitFor();
  await alertOf('gone/a.jpg').waitFor();
  await page.getByRole('link', { name: 'Show these rows' }).click();
  await page.getByRole('rowheader', { name: 'gone/b.jpg' }).waitFor();
  assert.equal(await page.getByRole('rowheader', { name: '2026/picture 3.jpg' }).count(), 0);
  await page.getByLabel('Key holds').fill('picture 3.jpg');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByText('No row fits').waitFor();

  await tab('Parameters');
  await page.getByText('aws s3control create-job').waitFor();
  await tab('History');
  await page.getByText('Awaiting your confirmation to run').waitFor();
});

test('its failed tasks are retried, as soon as what they missed is there', async () => {
  await world.put('photos', 'gone/a.jpg', 'back');
  await world.put('photos', 'gone/b.jpg', 'back');
  await page.getByRole('button', { name: 'Retry failed' }).first().click();
  await page.getByRole('heading', { name: 'Review', exact: true }).waitFor();
  await alertOf('Failed tasks only').waitFor();
  await submit();
  await runJob('2');
  await page.getByText('Complete', { exact: true }).first().waitFor();
});

test('a clone is the same job again, and may be changed', async () => {
  await page.getByRole('button', { name: 'Actions', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Clone job' }).click();
  await page.getByRole('heading', { name: 'Review', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Edit Additional options' }).click();
  await fill('Description', 'A clone');
  await next();
  await submit();
  await runJob('2');
  await page.getByText('Complete', { exact: true }).first().waitFor();
});

test('a generated list is run slowly, paused, resumed, changed and cancelled with a reason', async () => {
  await world.goto('/create');
  await fill('Source bucket', 'photos');
  await fill('Key suffixes', '.jpg');
  await next();
  await choose('Copy');
  await fill('Destination bucket', 'archive');
  await next();
  await fill('Tasks per second', '1');
  await createJob('Copy the pictures');
  await runJob('42');
  await page.getByText('Rate now').waitFor();
  const act = async (name: string): Promise<void> => {
    await page.getByRole('button', { name, exact: true }).click();
    const dialog = page.getByRole('dialog');
    if (name === 'Cancel job') await dialog.getByLabel('Reason').fill('enough of it');
    await dialog.getByRole('button', { name, exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
  };
  await act('Pause');
  await page.getByText('Paused', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Actions', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Update priority' }).click();
  await page.getByRole('dialog').getByLabel('Priority').fill('77');
  await page.getByRole('dialog').getByRole('button', { name: 'Update priority' }).click();
  await page.getByText('77', { exact: true }).first().waitFor();
  await act('Resume');
  await page.getByText('Active', { exact: true }).first().waitFor();
  await act('Cancel job');
  await page.getByText('Cancelled', { exact: true }).first().waitFor();
  await alertOf('enough of it').waitFor();
});

test('a list that was generated and saved is an inventory for another job, and its report a list too', async () => {
  await world.goto('/create');
  await fill('Source bucket', 'photos');
  await fill('Key prefixes', 'notes/');
  await page.getByLabel('Save the generated list').check();
  await fill('Where to save it', 's3://reports/lists');
  await next();
  await choose('Look (change nothing)');
  await next();
  await choose('All tasks');
  const first = await createJob('Look at the notes');
  await runJob('10');
  await page.getByText('Complete', { exact: true }).first().waitFor();
  const job = await page.evaluate(async (id) => {
    const answer = await fetch(`/console/api/jobs/${id}`);
    return answer.json() as Promise<{
      job: { GeneratedManifestDescriptor: { Location: { ObjectArn: string } } };
    }>;
  }, first);
  const arn = job.job.GeneratedManifestDescriptor.Location.ObjectArn;

  await world.goto('/create');
  await choose('S3 Inventory');
  await fill('Manifest object', arn);
  await alertOf('It names 1 file of rows').waitFor();
  await next();
  await choose('Delete all object tags');
  await next();
  await createJob('Untag the notes');
  await runJob('10');
  await page.getByText('Complete', { exact: true }).first().waitFor();

  await world.goto('/create');
  await choose('Previous completion report');
  await fill('Manifest object', `s3://reports/console/job-${first}/manifest.json`);
  await choose('All tasks of the report');
  await alertOf('The report lists no failed tasks').waitFor();
  await next();
  await choose('Merge tags');
  await page.getByLabel('Tags to set').fill('looked=at');
  await next();
  await createJob('Merge into all rows of a report');
  await runJob('10');
  await page.getByText('Complete', { exact: true }).first().waitFor();
});

test('a dry run is offered before the run, tells what it would meet, and changes nothing', async () => {
  await page.getByRole('button', { name: 'Actions', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Clone job' }).click();
  await submit();
  await page.getByText('This job awaits your confirmation to run').waitFor();
  await page.getByRole('button', { name: 'Run job' }).last().click();
  await page
    .getByText('as in the last', { exact: false })
    .or(page.getByText('nobody knows its rate'))
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Try a dry run first' }).click();
  await page.getByText('This is the dry run.').waitFor();
  await page.getByText('Complete', { exact: true }).first().waitFor();
  await tab('Tags');
  await page.getByText('brigade:dry-run').waitFor();
});

test('tags of a job are edited, and what may not be is refused in the same words as everywhere', async () => {
  await page.getByRole('button', { name: 'Edit tags' }).click();
  await page.getByRole('button', { name: 'Add tag' }).click();
  await page.getByLabel('Key of tag 3').fill('brigade:nonsense');
  await page.getByRole('button', { name: 'Save tags' }).click();
  await alertOf('brigade:nonsense is no option').waitFor();
  world.complaints.length = 0; // The browser reports the 400 of the refusal.
  await page.getByLabel('Key of tag 3').fill('team');
  await page.getByLabel('Value of tag 3').fill('blue');
  await page.getByRole('button', { name: 'Save tags' }).click();
  await page.getByText('The tags were saved.').waitFor();
});

test('the list of jobs is searched, filtered and sorted, and the address says how', async () => {
  await world.goto('/jobs');
  await page.getByPlaceholder('Find by description or job ID').fill('notes');
  await page.waitForURL(/search=notes/);
  await page.getByText('2 found').first().waitFor();
  await page.reload();
  await page.getByText('2 found').first().waitFor();
  await world.goto('/jobs?status=Cancelled');
  await page.getByText('Copy the pictures').waitFor();
  assert.equal(await page.getByRole('row').count(), 2);
  await world.goto('/jobs?sort=description&order=asc&columns=id,description');
  await page.getByText('A clone').waitFor();
  assert.deepEqual(await page.getByRole('columnheader').allInnerTexts(), ['Job ID', 'Description']);
});

test('the list of jobs is filtered by operation and by date, by hand, and the address keeps both', async () => {
  await world.goto('/jobs');
  await page.getByRole('button', { name: 'Filter by operation' }).click();
  await page.getByRole('option', { name: 'Copy', exact: true }).click();
  await page.keyboard.press('Escape');
  await page.waitForURL(/operation=S3PutObjectCopy/);
  await page.getByText('Copy the pictures').waitFor();
  await page.getByRole('heading', { name: 'Jobs (1)' }).waitFor();
  await page.getByRole('button', { name: 'Filter by date created' }).click();
  await page.getByRole('radio', { name: 'Last 7 days' }).check();
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.waitForURL(/created=7-day/);
  await page.reload();
  await page.getByRole('heading', { name: 'Jobs (1)' }).waitFor();
  await page.getByRole('button', { name: /Last 7 days/ }).waitFor();
  await world.goto('/jobs?created=2026-01-01..2026-01-31&operation=S3PutObjectCopy');
  await page.getByText('No job fits').waitFor();
  await page.getByRole('button', { name: 'Clear search and filter' }).click();
  await page.getByText('Copy the pictures').waitFor();
  assert.equal(new URL(page.url()).search, '');
});

/** A session of the root key that was opened so long ago. */
async function sessionSince(startedAt: number): Promise<void> {
  const { account, credentials } = world.service;
  const { accessKeyId, secretAccessKey } = credentials;
  const keyring = fixedKeyring([{ accessKeyId, secret: new Secret(secretAccessKey), account }]);
  const found = await keyring.find(accessKeyId);
  assert.ok(found.ok);
  const value = sealSession({ caller: found.caller, startedAt, seenAt: Date.now() });
  const [cookie] = await page.context().cookies();
  assert.ok(cookie);
  await page.context().addCookies([{ ...cookie, value }]);
}

/** Until the service itself says that nobody is signed in any more. */
async function sessionEnds(): Promise<void> {
  for (;;) {
    const answer = await page.request.get(`${world.service.url}/console/api/session`);
    if ((await answer.text()) === '{}') return;
  }
}

async function signInAgain(): Promise<void> {
  await page.getByText('Your session has ended.').waitFor();
  world.complaints.length = 0; // The browser reports the 401 of the ended session.
  await page.getByLabel('Access key ID').fill(world.service.credentials.accessKeyId);
  await page.getByLabel('Secret access key').fill(world.service.credentials.secretAccessKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a session that ends in the wizard costs nothing: signing in leads back to the step, filled in', async () => {
  await world.goto('/create');
  await fill('Source bucket', 'photos');
  await fill('Key prefixes', 'notes/');
  await next();
  await choose('Replace all object tags');
  await page.getByRole('button', { name: 'Add tag' }).click();
  await page.getByLabel('Key of tag 1').fill('kept');
  await page.getByLabel('Value of tag 1').fill('yes');
  await next();
  await fill('Description', 'Survives a session');
  await fill('Tasks per second', '50');
  // In a second this session will be twelve hours old.
  await sessionSince(Date.now() - SESSION_MS + 1000);
  await sessionEnds();
  await page.getByRole('button', { name: 'Browse for Report destination' }).click();
  await signInAgain();
  await page.getByLabel('Description', { exact: true }).waitFor();
  assert.equal(
    await page.getByLabel('Description', { exact: true }).inputValue(),
    'Survives a session',
  );
  assert.equal(await page.getByLabel('Tasks per second').inputValue(), '50');
  await fill('Report destination', 's3://reports/console');
  await next();
  await page.getByText('notes/').first().waitFor();
  // It may as well end at the last click.
  await sessionSince(Date.now() - SESSION_MS);
  await page.getByRole('button', { name: 'Create job', exact: true }).click();
  await signInAgain();
  await page.getByRole('heading', { name: 'Review', exact: true }).waitFor();
  const kept = await page.evaluate<string>('JSON.stringify({ ...sessionStorage })');
  assert.match(kept, /Survives a session/);
  assert.ok(!kept.includes(world.service.credentials.secretAccessKey));
  await submit();
  assert.equal(await page.evaluate<string>('JSON.stringify({ ...sessionStorage })'), '{}');
  await runJob('10');
  await page.getByText('Complete', { exact: true }).first().waitFor();
});

test('a bucket that is not there is told before the job is made', async () => {
  await world.goto('/jobs');
  await page.getByRole('link', { name: 'Create job' }).first().click();
  await fill('Source bucket', 'photos');
  await next();
  await choose('Delete all object tags');
  await next();
  await fill('Report destination', 's3://report/console');
  await next();
  await page.getByText('report is not among the buckets that the service sees').waitFor();
  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  await page.getByRole('heading', { name: /^Jobs/ }).waitFor();
});

test('a page that is loaded anew in the wizard is as it was; leaving it, or another draft, begins anew', async () => {
  await world.goto('/create');
  await fill('Source bucket', 'photos');
  await page.reload();
  await page.getByLabel('Source bucket', { exact: true }).waitFor();
  assert.equal(await page.getByLabel('Source bucket', { exact: true }).inputValue(), 'photos');
  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  await page.getByText('Survives a session').waitFor();
  await page.getByRole('link', { name: 'Create job' }).first().click();
  await page.getByLabel('Source bucket', { exact: true }).waitFor();
  assert.equal(await page.getByLabel('Source bucket', { exact: true }).inputValue(), '');
});

test('the system page shows the worker and the health of the store', async () => {
  await world.goto('/system');
  await page.getByText(/Answers in \d+ ms/).waitFor();
  assert.equal(await page.getByRole('row').count(), 2);
});

test('signing out ends the session for every page', async () => {
  await page.getByRole('button', { name: world.service.credentials.accessKeyId }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('Secret access key').waitFor();
  assert.deepEqual(await page.context().cookies(), []);
});

test('all the while the browser had nothing to complain about', () => {
  assert.deepEqual(world.complaints, []);
});
