/**
 * The real binary in pipes, with a home that is empty: beside a store alone, or beside a real service
 * with its sandbox.
 */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { readReport, type ReportRow } from '../../src/report/index.ts';
import { createS3, type S3Answer, type S3Client, type S3Request } from '../../src/s3/index.ts';
import { startService, type TestService } from '../lib/service.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const NODE = join(REPOSITORY, 'node_modules/.bin/node');
export const BRIGADE = join(REPOSITORY, 'bin/brigade.js');
/** A command that takes longer hangs. */
const COMMAND_MS_MAX = 60_000;

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Its lines as JSON; a line that is none fails the test. */
  readonly events: readonly Told[];
}

/** The commands, and a store that they find in their environment. */
export interface CliPlace {
  /** Of the store. */
  readonly s3: S3Client;
  /** Where commands are run. */
  readonly folder: string;
  /** Environment of commands: endpoints and the key, and nothing of the caller's. */
  readonly env: Readonly<Record<string, string>>;
  brigade(args: readonly string[], options?: RunOptions): Promise<Said>;
  start(args: readonly string[], options?: RunOptions): ChildProcessWithoutNullStreams;
  ok(request: S3Request): Promise<S3Answer>;
  stop(): Promise<void>;
}

/** `s3` is the service's sandbox. */
export interface CliWorld extends CliPlace {
  readonly service: TestService;
}

export interface StoreOfObjects {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface RunOptions {
  readonly input?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

export async function cliWorld(): Promise<CliWorld> {
  const service = await startService();
  const { credentials, s3Url: endpoint, url } = service;
  const place = cliPlace({ endpoint, ...credentials }, { AWS_ENDPOINT_URL_S3_CONTROL: url });
  const stop = async (): Promise<void> => {
    await place.stop();
    await service.stop();
  };
  return { ...place, service, stop };
}

/** `stop` leaves the store alone. */
export function cliPlace(
  { endpoint, ...credentials }: StoreOfObjects,
  settings: Readonly<Record<string, string>> = {},
): CliPlace {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-cli-'));
  mkdirSync(join(folder, 'home'));
  const surroundings = { clock: systemClock, random: systemRandom };
  const s3 = createS3({ endpoint, region: 'us-east-1', credentials, ...surroundings });
  const env = {
    ...emptyHome(folder),
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_S3: endpoint,
    ...settings,
  };
  const start = (args: readonly string[], options: RunOptions = {}) => {
    const child = spawn(NODE, [BRIGADE, ...args], { cwd: folder, env: { ...env, ...options.env } });
    child.stdin.on('error', () => undefined);
    // Undefined in so many words: it stays open.
    if (!('input' in options) || options.input !== undefined) child.stdin.end(options.input);
    return child;
  };
  return {
    s3,
    folder,
    env,
    start,
    brigade: (args, options) => ended(start(args, options)),
    async ok(request) {
      const answer = await s3.send(request);
      assert.ok(answer.status >= 200 && answer.status < 300, `${request.key}: ${answer.status}`);
      return answer;
    },
    async stop() {
      await s3.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function emptyHome(folder: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: join(folder, 'home'),
    BRIGADE_RUNS_DIR: join(folder, 'runs'),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

export async function ended(child: ChildProcessWithoutNullStreams): Promise<Said> {
  const [stdout, stderr] = [gathered(child.stdout), gathered(child.stderr)];
  const patience = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS_MAX);
  await once(child, 'close');
  clearTimeout(patience);
  return {
    code: child.exitCode,
    stdout: stdout.text,
    stderr: stderr.text,
    get events() {
      const lines = stdout.text.split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}

/** One line of JSON. */
export type Told = Readonly<Record<string, unknown>>;

/** Resolves with the first event that fits; the command goes on. */
export function seen(
  child: ChildProcessWithoutNullStreams,
  fits: (event: Told) => boolean,
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      const event = JSON.parse(line) as Told;
      if (fits(event)) resolve(event);
    });
    child.once('close', () => reject(new Error('The command ended before that.')));
  });
}

function gathered(stream: NodeJS.ReadableStream): { text: string } {
  const all = { text: '' };
  stream.setEncoding('utf8').on('data', (text: string) => (all.text += text));
  return all;
}

/** The last event of a run or a watch. */
export function endOf({ events, stderr }: Said): Told {
  const last = events.at(-1);
  assert.equal(last?.['event'], 'ended', stderr);
  return last;
}

/** Rows of a report that was brought to this machine; `index`: the path of its manifest.json. */
export function rowsOfReport(index: unknown): readonly ReportRow[] {
  const results = join(String(index), '../results');
  return readdirSync(results).flatMap((name) => readReport(readFileSync(join(results, name))));
}
