/**
 * Copying a bucket on the server's side with Brigade and with what people use today: the same objects, the
 * same endpoint, each program from its start to its end with its own listing.
 *
 *   npm run bench -- peers [--rows N] [--install] [--variant NAME] [--quick]
 *
 * The endpoint is nginx, which answers each CopyObject and writes it down; lists come from a process of Node
 * behind it. A program that takes longer than TIME_MS_MAX is stopped, and its rate is what it did until
 * then. CPU time is that of the program's own processes. What is not installed is named; `--install`
 * fetches it from Debian, PyPI and the Go module proxy, into the cache folder of the user where it can.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isMet, whole } from './lib/bars.ts';
import { type Endpoint, startEndpoint } from './lib/endpoint.ts';
import { setting, settingLines, table } from './lib/figures.ts';
import { startHelper } from './lib/helper-process.ts';
import { JobService } from './lib/job-service.ts';
import { benchOptions, chosenVariants } from './lib/options.ts';
import { environmentOf, lookUp, type Peer, PEERS } from './lib/peers.ts';
import { BUCKET, IN_FLIGHT, OPERATION_OF, TARGET_BUCKET } from './lib/work.ts';

const options = benchOptions({ full: 100_000, quick: 2_000 });
const { rows, quick, install } = options;
const TIME_MS_MAX = quick ? 20_000 : 60_000;
/** Copies are written down in pieces, this much later at most. */
const LOG_MS = 500;

const REPOSITORY = resolve(import.meta.dirname, '..');
const BRIGADE: Peer = {
  name: 'brigade run',
  version: ['git', '-C', REPOSITORY, 'log', '-1', '--format=commit %h'],
  install: [],
  command: ({ url }) => [
    ...[process.execPath, join(REPOSITORY, 'bin/brigade.js'), 'run', 'copy', '--json'],
    ...['--list', `s3://${BUCKET}/`, '--to', `s3://${TARGET_BUCKET}/`],
    ...['--s3-endpoint', url, '--concurrency', String(IN_FLIGHT)],
  ],
  env: ({ folder }) => ({ BRIGADE_RUNS_DIR: join(folder, 'runs') }),
};

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Copies that the endpoint saw, and of how many objects. */
  readonly copies: number;
  readonly objects: number;
  readonly end: 'done' | 'stopped' | string;
}

/** The shell adds up what the program and all its children took, also those of one that was stopped. */
const TIMED = 'TIMEFORMAT="%R %U %S"; time timeout --kill-after=5 "$0" "$@" >"$OUTPUT" 2>&1';

/** What the endpoint wrote down while `work` went on. */
async function copiesDuring<T>(
  endpoint: Endpoint,
  work: () => Promise<T>,
): Promise<T & Pick<Run, 'copies' | 'objects'>> {
  const log = join(endpoint.folder, 'copies.log');
  truncateSync(log);
  const done = await work();
  await sleep(LOG_MS);
  const paths = readFileSync(log, 'utf8').split('\n').slice(0, -1);
  return { ...done, copies: paths.length, objects: new Set(paths).size };
}

async function measure(peer: Peer, endpoint: Endpoint): Promise<Omit<Run, 'copies' | 'objects'>> {
  const folder = mkdtempSync(join(tmpdir(), 'brigade-peer-'));
  const output = join(folder, 'output');
  try {
    const place = { url: endpoint.url, folder };
    const args = ['-c', TIMED, String(TIME_MS_MAX / 1000), ...peer.command(place)];
    const env = { ...environmentOf(peer, place), OUTPUT: output };
    const { code, stderr } = await finished(args, env);
    const [seconds = NaN, user = NaN, system = NaN] = stderr.trim().split(' ').map(Number);
    const last = readFileSync(output, 'utf8').trim().split('\n').at(-1) ?? '';
    const ends: Readonly<Record<number, string>> = { 0: 'done', 124: 'stopped', 137: 'stopped' };
    return {
      seconds,
      cpuSeconds: user + system,
      end: ends[code] ?? `ended with ${code}: ${last.slice(0, 200)}`,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A service that runs already, told to list the bucket and to copy what it finds. */
async function measureService(endpoint: Endpoint): Promise<Omit<Run, 'copies' | 'objects'>> {
  const service = await JobService.start(endpoint);
  try {
    const S3JobManifestGenerator = {
      SourceBucket: `arn:aws:s3:::${BUCKET}`,
      EnableManifestOutput: false,
    };
    const job = { Operation: OPERATION_OF.copy, ManifestGenerator: { S3JobManifestGenerator } };
    const { wallMs, cpuMs } = await service.run(job, rows);
    return { seconds: wallMs / 1000, cpuSeconds: cpuMs / 1000, end: 'done' };
  } finally {
    await service.stop();
  }
}

async function finished(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number; readonly stderr: string }> {
  try {
    const { stderr } = await promisify(execFile)('bash', args, { env });
    return { code: 0, stderr };
  } catch (error) {
    // A child that ended with something else than 0 is such an error; nothing else is.
    const { code, stderr } = error as { code: number | string; stderr: string };
    if (typeof code !== 'number') throw error;
    return { code, stderr };
  }
}

/** Nothing that was left out or done twice may pass for speed. */
function isWhole({ end, copies, objects }: Run): boolean {
  return end === 'done' && copies === rows && objects === rows;
}

const perSecond = ({ copies, seconds }: Run): number => copies / seconds;
const cpuPer10k = ({ copies, cpuSeconds }: Run): number => (cpuSeconds / copies) * 10_000;

function lineOf(name: string, run: Run, ours: Run | undefined): string[] {
  const of = (wins: boolean): string => (wins ? 'met' : 'MISSED');
  const bars =
    ours === undefined || ours === run || run.copies === 0
      ? ['', '']
      : [
          of(isMet(perSecond(ours), { atLeast: perSecond(run) })),
          of(isMet(cpuPer10k(ours), { atMost: cpuPer10k(run) })),
        ];
  const end = run.end === 'done' && !isWhole(run) ? `done, ${run.objects} objects` : run.end;
  return [
    ...[name, whole(run.copies), run.seconds.toFixed(1), whole(perSecond(run))],
    ...[cpuPer10k(run).toFixed(2), ...bars, end],
  ];
}

console.log(`peers.bench: ${settingLines(setting())}`);
const lists = await startHelper('bucket-lists.ts', [String(rows)]);
const endpoint = await startEndpoint({ listsUrl: lists.url });
try {
  if (!endpoint.name.startsWith('nginx')) throw new Error('This bench needs nginx.');
  const lines: string[][] = [];
  let ours: Run | undefined;
  const all = [BRIGADE, ...PEERS];
  // Ours comes first, as the others are compared with it.
  const chosen = chosenVariants(
    all.map(({ name }) => name),
    options,
  );
  for (const peer of all.filter((one) => one === BRIGADE || chosen.includes(one.name))) {
    const found = lookUp(peer, { install });
    if ('missing' in found) {
      console.log(`${peer.name}: not here: ${found.missing}`);
      continue;
    }
    console.log(`${peer.name}: ${found.version}`);
    const run = await copiesDuring(endpoint, () => measure(peer, endpoint));
    if (peer === BRIGADE) {
      if (!isWhole(run)) throw new Error(`brigade run did not copy all: ${JSON.stringify(run)}`);
      ours = run;
      const served = await copiesDuring(endpoint, () => measureService(endpoint));
      lines.push(lineOf('a job of brigade serve', served, undefined));
    }
    lines.push(lineOf(peer.name, run, ours));
  }
  const head = ['', 'copies', 'seconds', 'copies/s', 'CPU s per 10,000'];
  console.log(
    `\n${whole(rows)} objects, endpoint ${endpoint.name}, ${IN_FLIGHT} in flight where it can be said\n`,
  );
  console.log(table([[...head, 'we are as fast', 'we take no more CPU', 'end'], ...lines]));
} finally {
  await endpoint.stop();
  await lists.stop();
}
