/** The staging that the configuration names. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { createS3, type S3 } from '../s3/index.ts';
import {
  bucketStaging,
  checkStaging,
  folderStaging,
  type Staging,
  StagingUnavailable,
} from '../staging/index.ts';
import { ConfigError } from './config-error.ts';
import type { Config, KeyPair } from './config.ts';

interface Surroundings {
  readonly s3: Pick<S3, 'send' | 'open'>;
  readonly clock: Clock;
  readonly random: Random;
}

/** A bucket is on the endpoint that jobs work on, with its credentials. */
export function openStaging(place: Config['staging'], surroundings: Surroundings): Staging {
  if ('folder' in place) return folderStaging(place.folder);
  return bucketStaging({ ...place, ...surroundings });
}

/** Long enough for a store under load; a start does not wait for one that is down. */
const TIMEOUTS = { connectMs: 5000, silenceMs: 10_000 };

/**
 * Refuses to start with a staging that says no. One that is only away (a store that restarts, a full
 * disk) is no reason not to start: jobs wait for it.
 */
export async function verifyStaging(needs: {
  readonly config: Config;
  readonly endpoint: { readonly url: string; readonly credentials: KeyPair };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Promise<void> {
  const { config, endpoint, clock, random, log } = needs;
  const { credentials, url } = endpoint;
  const timeouts = TIMEOUTS;
  const s3 = createS3({
    endpoint: url,
    region: config.region,
    credentials,
    timeouts,
    clock,
    random,
  });
  try {
    await checkStaging(openStaging(config.staging, { s3, clock, random }), random);
  } catch (error) {
    if (!(error instanceof StagingUnavailable)) throw error;
    if (error.isRefused) throw new ConfigError(`BRIGADE_STAGING: ${error.message}`);
    log.warn({ error }, 'Staging does not answer; jobs will wait for it.');
  } finally {
    await s3.close();
  }
}
