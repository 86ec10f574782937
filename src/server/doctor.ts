/**
 * `brigade doctor`: looks at everything that a service or a worker with these settings will need, and
 * with a planned job at what that job will need. It changes nothing that stays: what it writes it
 * removes, and it migrates no database.
 */
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { createS3 } from '../s3/index.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './config.ts';
import { examineDatabase } from './doctor-database.ts';
import { examineEndpoint } from './doctor-endpoint.ts';
import { examineJob } from './doctor-job.ts';
import { examineFolder, examineNode, examinePorts } from './doctor-machine.ts';
import { examineStaging } from './doctor-staging.ts';
import { type Finding, ok, problem } from './finding.ts';
import { knownRootKey } from './root-key.ts';

/** Shorter than the service's own: nobody wants to watch a doctor wait. */
const TIMEOUTS = { connectMs: 5000, silenceMs: 15_000 };

/** `job`: the JSON that `aws s3control create-job --cli-input-json` takes. */
export async function* examine(configured: () => Config, job?: string): AsyncGenerator<Finding> {
  yield examineNode();
  let config: Config;
  try {
    config = configured();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    yield problem('settings', error.message);
    return;
  }
  yield ok('settings', `Account ${config.account}, region ${config.region}.`);
  const folder = await examineFolder(config);
  yield* folder.findings;
  yield* examinePorts(config, folder.isHeld);
  const surroundings = { clock: systemClock, random: systemRandom };
  const isDatabaseFit = yield* examineDatabase(config, surroundings.clock);

  const endpoint = endpointOf(config, folder.isHeld);
  if (!endpoint) {
    yield ok('endpoint', 'None is configured: brigade serve brings its own, the sandbox.');
    if (job === undefined) return;
    yield problem('job', 'Its objects are in the sandbox: start brigade serve, then ask again.');
    return;
  }
  const s3 = createS3({ ...endpoint, ...surroundings, region: config.region, timeouts: TIMEOUTS });
  try {
    const needs = { config, endpoint, s3, ...surroundings };
    if (!(yield* examineEndpoint(needs))) return;
    yield* examineStaging(needs, isDatabaseFit);
    if (job !== undefined) yield* examineJob(needs, job);
  } finally {
    await s3.close();
  }
}

/** Undefined: the sandbox, which does not run. */
function endpointOf(config: Config, isServiceRunning: boolean) {
  if (config.s3) return config.s3;
  const credentials = isServiceRunning ? knownRootKey(config) : undefined;
  if (!credentials || config.sandboxPort === 0) return undefined;
  return { endpoint: `http://${config.host}:${config.sandboxPort}`, credentials };
}
