/** What the doctor looks at in staging. */
import { elementText } from '../s3/index.ts';
import { checkStaging, PROBE_JOB, StagedFileLost, StagingUnavailable } from '../staging/index.ts';
import type { DoctorNeeds } from './doctor-endpoint.ts';
import { room } from './doctor-machine.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { openStaging } from './open-staging.ts';
import { openStore } from './open-store.ts';

/** Unknown jobs are counted up to here. */
const JOBS_MAX = 1000;

/** `isDatabaseFit`: it can be opened without being changed by that. */
export async function* examineStaging(
  needs: DoctorNeeds,
  isDatabaseFit: boolean,
): AsyncGenerator<Finding> {
  const { config, random } = needs;
  const { staging: place } = config;
  const title = 'folder' in place ? place.folder : `s3://${place.bucket}/${place.prefix}`;
  const staging = openStaging(place, needs);
  try {
    await checkStaging(staging, random);
    yield ok('staging', `${title} can be written, read and cleaned up.`);
    if ('folder' in place) yield await room('staging', place.folder);
    else yield* versioning(needs, place.bucket);
    if (isDatabaseFit) yield* strangers(needs, await staging.jobs());
  } catch (error) {
    if (!(error instanceof StagingUnavailable) && !(error instanceof StagedFileLost)) throw error;
    yield problem('staging', `BRIGADE_STAGING: ${error.message}`);
  }
}

async function* versioning({ s3 }: DoctorNeeds, bucket: string): AsyncGenerator<Finding> {
  const answer = await s3.send({ method: 'GET', bucket, query: { versioning: '' } });
  if (elementText(answer.body.toString('utf8'), 'Status') !== 'Enabled') return;
  const text = `The bucket ${bucket} keeps versions: what is cleaned up stays as old versions. Use another bucket, or a lifecycle rule for them.`;
  yield warning('staging', text);
}

/** The sweep leaves alone what this database does not know, so somebody must be told. */
async function* strangers(
  { config, random }: DoctorNeeds,
  staged: readonly string[],
): AsyncGenerator<Finding> {
  const store = await openStore(config, random);
  try {
    const unknown: string[] = [];
    for (const id of staged.slice(0, JOBS_MAX)) {
      if (id === PROBE_JOB || (await store.job(config.account, id))) continue;
      unknown.push(id);
    }
    if (unknown.length === 0) return;
    const text = `Staging holds files of ${unknown.length} jobs that the database does not know, such as ${unknown[0]}. They are never removed by themselves: if no other brigade uses this staging, remove their folders below jobs/.`;
    yield warning('staging', text);
  } finally {
    await store.close();
  }
}
