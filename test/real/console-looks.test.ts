// Aim: every page of the console, light and dark, wide and on a phone: nothing that axe finds wrong,
// nothing that does not fit, and the amounts that people really have. With CONSOLE_PICTURES set to a
// folder, the pictures of the documents are taken there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openSqliteStore } from '../../src/store/index.ts';
import { newJob } from '../contract/store.contract.ts';
import { type ConsoleWorld, openConsole } from './console-world.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PICTURES = process.env['CONSOLE_PICTURES'];
const JOBS = 5000;
const ROWS = 1_000_000;
/** At 800 a second it runs for as long as the tests, however slow the machine is. */
const ROWS_RUNNING = 300_000;
/** Compressed, as the browser fetches it: what somebody waits for on the first visit. */
const FIRST_LOAD_BYTES_MAX = 600 * 1024;

let world: ConsoleWorld;
let page: Page;
/** A job that runs, slowly; and one that is over, with failures. */
let running = '';
let over = '';

before(async () => {
  world = await openConsole(['photos', 'reports']);
  ({ page } = world);
  for (let i = 0; i < 60; i++) await world.put('photos', `2026/picture ${i}.jpg`, `picture ${i}`);
  const rows = Array.from({ length: 60 }, (_, i) => `photos,2026/picture+${i}.jpg`);
  const gone = Array.from({ length: 15 }, (_, i) => `photos,2025/deleted+${i}.jpg`);
  await world.put('photos', 'lists/pictures.csv', [...rows, ...gone, ''].join('\n'));
  const large = Array.from({ length: ROWS_RUNNING }, (_, i) =>
    i % 25 === 7 ? `photos,2024/moved+${i}.jpg` : 'photos,2026/picture+1.jpg',
  );
  await world.put('photos', 'lists/large.csv', [...large, ''].join('\n'));
  await manyJobs(world.service.folder);
  await world.signIn();
  over = await make('lists/pictures.csv', 'Tag the pictures of 2026', []);
  running = await make('lists/large.csv', 'Tag everything again', [
    { Key: 'brigade:max-tasks-per-second', Value: '800' },
  ]);
});
after(() => world.stop());

/** As a service has them that has been at work for a while. */
async function manyJobs(folder: string): Promise<void> {
  const store = openSqliteStore({ path: join(folder, 'brigade.db') });
  const operations = ['S3PutObjectCopy', 'S3PutObjectTagging', 'S3InitiateRestoreObject'] as const;
  const now = Date.now();
  for (let i = 0; i < JOBS; i++) {
    const createdAt = now - (i + 1) * 600_000;
    const operation = operations[i % operations.length] ?? 'S3PutObjectCopy';
    const { job, ...rest } = newJob({ createdAt, operation, priority: i % 40 });
    const request = { ...job.request, Description: `Nightly archive ${JOBS - i}` };
    await store.createJob({ ...rest, job: { ...job, request, status: 'Cancelled' } });
  }
  await store.close();
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer: unknown = await page.evaluate(
    async ([verb, at, sent]) => {
      const init: RequestInit = {
        method: String(verb),
        headers: { 'x-brigade-console': 'user', 'content-type': 'application/json' },
      };
      if (sent !== undefined) init.body = JSON.stringify(sent);
      const response = await fetch(`/console/api/${String(at)}`, init);
      return response.json();
    },
    [method, path, body] as const,
  );
  // What the server answers, see console/lib/types.ts.
  return answer as T;
}

async function make(key: string, description: string, tags: unknown[]): Promise<string> {
  const { etag } = await call<{ etag: string }>('GET', `object?bucket=photos&key=${key}`);
  const { jobId } = await call<{ jobId: string }>('POST', 'jobs', {
    ConfirmationRequired: false,
    Operation: { S3PutObjectTagging: { TagSet: [{ Key: 'year', Value: '2026' }] } },
    Report: {
      Enabled: true,
      Bucket: 'arn:aws:s3:::reports',
      Prefix: 'console',
      Format: 'Report_CSV_20180820',
      ReportScope: 'AllTasks',
    },
    ClientRequestToken: description,
    Manifest: {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
      Location: { ObjectArn: `arn:aws:s3:::photos/${key}`, ETag: etag },
    },
    Description: description,
    Priority: 10,
    RoleArn: 'arn:aws:iam::123456789012:role/r',
    Tags: tags,
  });
  return jobId;
}

interface Look {
  readonly name: string;
  readonly path: () => string;
  /** A text that is there when the page is. */
  readonly shows: string | RegExp;
}

const LOOKS: readonly Look[] = [
  { name: 'failures', path: () => `/jobs/${over}?tab=failures`, shows: '2025/deleted 1.jpg' },
  { name: 'live-failures', path: () => `/jobs/${running}?tab=failures`, shows: '2024/moved 7.jpg' },
  { name: 'report', path: () => `/jobs/${over}?tab=report`, shows: 'Result message' },
  { name: 'parameters', path: () => `/jobs/${over}?tab=parameters`, shows: 'cli-input-json' },
  { name: 'tags', path: () => `/jobs/${running}?tab=tags`, shows: 'brigade:max-tasks-per-second' },
  { name: 'history', path: () => `/jobs/${over}?tab=history`, shows: 'Preparing' },
  { name: 'create', path: () => '/create', shows: 'Previous completion report' },
  { name: 'clone', path: () => `/create?clone=${over}`, shows: 'The whole request as JSON' },
  { name: 'system', path: () => '/system', shows: /Answers in/ },
  { name: 'jobs', path: () => '/jobs', shows: 'Complete, with failures' },
  { name: 'job', path: () => `/jobs/${running}`, shows: 'Tasks per second' },
];

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: { readonly html: string; readonly failureSummary: string }[];
}

/** Cloudscape's own: its bar of the phone says of a landmark that it is horizontal, which harms nobody. */
function isOfKit(id: string, html: string): boolean {
  return id === 'aria-allowed-attr' && html.includes('mobile-toolbar-nav');
}

/** The page does not let scripts in; the browser's own debugger is above that. */
async function violations(at: Page): Promise<string[]> {
  await at.evaluate(AXE);
  const found = await at.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
  const ours = found.filter(({ id, nodes }) => !nodes.every(({ html }) => isOfKit(id, html)));
  return ours.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`,
  );
}

for (const [theme, size] of [
  ['light', 'wide'],
  ['dark', 'wide'],
  ['light', 'phone'],
  ['dark', 'phone'],
] as const) {
  test(`every page is accessible and fits, ${theme}, ${size}`, async () => {
    await page.setViewportSize(
      size === 'wide' ? { width: 1360, height: 900 } : { width: 390, height: 844 },
    );
    await page.evaluate(`localStorage.setItem('brigade-theme', '${theme}')`);
    const wrong: string[] = [];
    for (const { name, path, shows } of LOOKS) {
      await world.goto(path());
      await page.getByText(shows).first().waitFor();
      wrong.push(...(await violations(page)).map((text) => `${name}: ${text}`));
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      if (overflow > 0) wrong.push(`${name}: it is ${overflow} pixels too wide`);
      if (PICTURES) await picture(`${name}-${theme}-${size}`);
    }
    assert.deepEqual(wrong, []);
  });
}

test('the steps of the wizard, its dialogs and Run job are accessible', async () => {
  await page.setViewportSize({ width: 1360, height: 900 });
  const wrong: string[] = [];
  const look = async (name: string): Promise<void> => {
    wrong.push(...(await violations(page)).map((text) => `${name}: ${text}`));
  };
  const next = (): Promise<void> => page.getByRole('button', { name: 'Next', exact: true }).click();
  await world.goto('/create');
  await next();
  await page.getByText('This step is not complete').waitFor();
  await look('an incomplete step');
  await page.getByRole('button', { name: 'Browse for Source bucket' }).click();
  await page.getByRole('dialog').getByText('photos').waitFor();
  await look('the browser');
  await page.getByRole('dialog').getByText('photos').click();
  await page.getByRole('button', { name: 'Choose photos' }).click();
  await next();
  for (const name of ['Copy', 'Replace access control list (ACL)', 'Delete objects']) {
    await page.getByRole('radio', { name }).check();
    await look(name);
  }
  await page.getByRole('radio', { name: 'Delete all object tags' }).check();
  await next();
  await page.getByText('Completion report', { exact: true }).first().waitFor();
  await look('options');
  await page.getByLabel('Report destination', { exact: true }).fill('s3://reports/x');
  await next();
  await page.getByRole('button', { name: 'Create job', exact: true }).click();
  await page.getByText('This job awaits your confirmation to run').waitFor();
  await look('a job that waits');
  await page.getByRole('button', { name: 'Run job' }).last().click();
  await page.getByText('How the time was estimated').waitFor();
  await look('run job');
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('button', { name: 'Cancel job' }).click();
  await page.getByRole('dialog').getByLabel('Reason').waitFor();
  await look('cancel job');
  assert.deepEqual(wrong, []);
});

async function picture(name: string): Promise<void> {
  await page.evaluate('document.fonts.ready.then(() => undefined)');
  await page.screenshot({
    path: join(PICTURES ?? '', `console-${name}.png`),
    animations: 'disabled',
  });
}

test('the sign-in page is accessible, and what the first visit loads is small', async () => {
  const context = await world.browser.newContext();
  const fresh = await context.newPage();
  await fresh.goto(`${world.service.url}/console/`);
  await fresh.getByLabel('Access key ID').waitFor();
  assert.deepEqual(await violations(fresh), []);
  const loaded = await fresh.evaluate<[string, number][]>(
    `performance.getEntries().filter(({ transferSize }) => transferSize > 0).map(({ name, transferSize }) => [name, transferSize])`,
  );
  const sum = loaded.reduce((total, [, bytes]) => total + bytes, 0);
  assert.ok(sum > 100_000 && sum < FIRST_LOAD_BYTES_MAX, `${sum} bytes: ${loaded.join('; ')}`);
  assert.ok(
    loaded.every(([name]) => name.startsWith(world.service.url)),
    'All of it comes from the service.',
  );
  await context.close();
});

test('five thousand jobs are pages of twenty, and the last one is as near as the first', async () => {
  await page.setViewportSize({ width: 1360, height: 900 });
  await world.goto('/jobs?page=251');
  await page.getByText('Nightly archive 1', { exact: true }).waitFor();
  const { total } = await call<{ total: number }>('GET', 'jobs');
  assert.equal(await page.getByRole('row').count(), 1 + (total % 20));
  await world.goto('/jobs');
  await page.getByPlaceholder('Find by description or job ID').fill('archive 4321');
  await page.getByText('Nightly archive 4321').waitFor();
  assert.equal(await page.getByRole('row').count(), 2);
});

test('a report with a million rows is searched to its end, with fifty rows in the page at most', async () => {
  await page.waitForFunction(
    `fetch('/console/api/jobs/${over}').then((answer) => answer.json()).then(({ job }) => job.Status === 'Complete')`,
  );
  interface Files {
    readonly files: { readonly key: string; readonly status: string }[];
  }
  const { files } = await call<Files>('GET', `jobs/${over}/report`);
  const file = files.find(({ status }) => status === 'succeeded');
  assert.ok(file);
  const row = (i: number): string => `photos,2026/object-${i}.jpg,,succeeded,200,,Successful\n`;
  await world.put('reports', file.key, Array.from({ length: ROWS }, (_, i) => row(i)).join(''));
  await world.goto(`/jobs/${over}?tab=report`);
  await page.getByText('2026/object-49.jpg').waitFor();
  const table = page.getByRole('table').filter({ hasText: 'Result message' });
  assert.equal(await table.getByRole('row').count(), 51);
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await page.getByText('2026/object-50.jpg').waitFor();
  await page.getByLabel('Key holds').fill(`object-${ROWS - 1}.`);
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  const found = page.getByText(`2026/object-${ROWS - 1}.jpg`);
  const onward = page.getByRole('button', { name: 'Search on' });
  for (;;) {
    await found.or(onward).first().waitFor();
    if ((await found.count()) > 0) break;
    const pageNumber = await page.getByText(/^Page \d+/).innerText();
    await onward.click();
    await page
      .getByText(/^Page \d+/)
      .filter({ hasNotText: pageNumber })
      .waitFor();
  }
});

test('the keyboard alone signs in, opens a job and comes back to the list', async () => {
  const context = await world.browser.newContext();
  const fresh = await context.newPage();
  await fresh.goto(`${world.service.url}/console/`);
  await fresh.getByLabel('Access key ID').waitFor();
  await fresh.keyboard.type(world.service.credentials.accessKeyId);
  await fresh.keyboard.press('Tab');
  await fresh.keyboard.type(world.service.credentials.secretAccessKey);
  await fresh.keyboard.press('Enter');
  const search = fresh.getByPlaceholder('Find by description or job ID');
  await search.waitFor();
  await search.focus();
  await fresh.keyboard.type('Tag everything');
  await fresh.getByText('1 found').first().waitFor();
  const link = fresh.getByRole('grid').getByRole('link').first();
  await link.focus();
  await fresh.keyboard.press('Enter');
  await fresh.getByText('Rate now').waitFor();
  await fresh.goBack();
  await fresh.getByText('1 found').first().waitFor();
  await context.close();
});

test('in all these pages the browser found nothing to complain about', () => {
  assert.deepEqual(world.complaints, []);
});
