/**
 * The start of `brigade serve`, from the process to the first 200 of /health, with a warm disk; and what
 * a service without work takes, without the sandbox and with it.
 *
 *   npm run bench -- start [--rounds N] [--quick]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startService, type TestService } from '../test/lib/service.ts';
import { type Bar, percent, verdict, whole } from './lib/bars.ts';
import { startEndpoint } from './lib/endpoint.ts';
import { median, setting, settingLines, table } from './lib/figures.ts';
import { benchOptions } from './lib/options.ts';
import { cpuMs, rssMb } from './lib/processes.ts';
import { CREDENTIALS } from './lib/work.ts';

const { quick, rounds = 5 } = benchOptions({ full: 1, quick: 1 });
const IDLE_MS = quick ? 3_000 : 20_000;
/** What a start leaves to be done, such as the collection of its garbage. */
const QUIET_AFTER_MS = quick ? 1_000 : 5_000;

const START_BAR: Bar = { atMost: 700 };
const CPU_BAR: Bar = { atMost: 0.01 };
const RSS_BAR: Bar = { atMost: 120 };

interface Idle {
  readonly startMs: number;
  /** Of one core. */
  readonly cpu: number;
  readonly rssMb: number;
}

/** Whether it answers is looked at every 20 ms; that, and the making of a folder, is counted in. */
async function started(
  env: Readonly<Record<string, string>>,
): Promise<{ readonly service: TestService; readonly ms: number }> {
  const began = performance.now();
  const service = await startService({ env });
  return { service, ms: performance.now() - began };
}

async function measure(env: Readonly<Record<string, string>>): Promise<Idle> {
  const starts: number[] = [];
  // The first one warms the disk.
  for (let round = 0; round <= rounds; round++) {
    const { service, ms } = await started(env);
    if (round > 0) starts.push(ms);
    await service.stop();
  }
  const { service } = await started(env);
  try {
    await sleep(QUIET_AFTER_MS);
    const before = cpuMs(service.pid);
    await sleep(IDLE_MS);
    const cpu = (cpuMs(service.pid) - before) / IDLE_MS;
    return { startMs: median(starts), cpu, rssMb: rssMb(service.pid) };
  } finally {
    await service.stop();
  }
}

const endpoint = await startEndpoint();
try {
  console.log(`start.bench: ${settingLines(setting())}medians of ${rounds} starts\n`);
  const alone = await measure({
    BRIGADE_S3_ENDPOINT: endpoint.url,
    BRIGADE_S3_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    BRIGADE_S3_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  });
  const sandbox = await measure({});
  const ms = (value: number): string => `${whole(value)} ms`;
  const mb = (value: number): string => `${whole(value)} MB`;
  console.log(
    table([
      ['', 'with an endpoint', 'with the sandbox', 'with an endpoint'],
      ['start', ms(alone.startMs), ms(sandbox.startMs), verdict(alone.startMs, START_BAR, ms)],
      ['idle CPU', percent(alone.cpu), percent(sandbox.cpu), verdict(alone.cpu, CPU_BAR, percent)],
      ['idle memory', mb(alone.rssMb), mb(sandbox.rssMb), verdict(alone.rssMb, RSS_BAR, mb)],
    ]),
  );
} finally {
  await endpoint.stop();
}
