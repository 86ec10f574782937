/**
 * A service with its sandbox and the console in a real browser, for tests that use it as people do.
 *
 * I1. Whatever the browser complains about is kept in `complaints`: errors, and what the page's own
 *     Content-Security-Policy refused.
 * I2. Browser and service end with the test.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { chromium, type Browser, type Page } from 'playwright-core';
import { startService, type TestService } from '../lib/service.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** Generous: the machine may be at work on other things. A wait that succeeds takes no longer than it needs. */
const WAIT_MS_MAX = 30_000;

export interface ConsoleWorld {
  readonly service: TestService;
  readonly browser: Browser;
  readonly page: Page;
  readonly complaints: string[];
  /** Of the service's objects. */
  readonly s3: S3Client;
  put(bucket: string, key: string, body: string | Buffer): Promise<void>;
  get(bucket: string, key: string): Promise<string>;
  /** `path` below /console. */
  goto(path: string): Promise<void>;
  signIn(page?: Page): Promise<void>;
  stop(): Promise<void>;
}

function buildConsole(): void {
  const args = [join(ROOT, 'console/build.ts'), '--if-changed'];
  const built = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(built.status, 0, built.stderr);
}

export async function openConsole(
  buckets: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ConsoleWorld> {
  buildConsole();
  const service = await startService({ env });
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Debian's sandbox of Chromium refuses to run as root, which is what containers are.
    args: ['--no-sandbox'],
  });
  const complaints: string[] = [];
  const page = await newPage(browser, complaints);
  const s3 = new S3Client({
    endpoint: service.s3Url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: service.credentials,
  });
  for (const Bucket of buckets) await s3.send(new CreateBucketCommand({ Bucket }));
  const goto = async (path: string): Promise<void> => {
    await page.goto(`${service.url}/console${path}`);
  };
  return {
    service,
    browser,
    page,
    complaints,
    s3,
    goto,
    async put(Bucket, Key, Body) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    async get(Bucket, Key) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToString()) ?? '';
    },
    async signIn(at = page) {
      await at.goto(`${service.url}/console/`);
      await at.getByLabel('Access key ID').fill(service.credentials.accessKeyId);
      await at.getByLabel('Secret access key').fill(service.credentials.secretAccessKey);
      await at.getByRole('button', { name: 'Sign in' }).click();
      await at.getByRole('heading', { name: /^Jobs/ }).waitFor();
    },
    async stop() {
      await browser.close();
      s3.destroy();
      await service.stop();
    },
  };
}

async function newPage(browser: Browser, complaints: string[]): Promise<Page> {
  // Colours in the middle of a fade are nobody's.
  const page = await browser.newPage({
    viewport: { width: 1360, height: 900 },
    reducedMotion: 'reduce',
  });
  page.setDefaultTimeout(WAIT_MS_MAX);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return page;
}
