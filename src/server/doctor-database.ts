/** What the doctor looks at in the database. */
import type { Clock } from '../base/clock.ts';
import { CLOCK_MARGIN } from '../model/limits.ts';
import { type DatabaseFacts, inspectPostgres, inspectSqlite, placeOf } from '../store/index.ts';
import type { Config } from './config.ts';
import { type Finding, ok, problem, said, warning } from './finding.ts';
import { databaseFile } from './open-store.ts';

/** Resolves to whether it can be opened without being changed by that. */
export async function* examineDatabase(
  config: Config,
  clock: Clock,
): AsyncGenerator<Finding, boolean> {
  const { databaseUrl: url } = config;
  const place = url === undefined ? databaseFile(config) : placeOf(url);
  let facts: DatabaseFacts | undefined;
  const before = clock.now();
  try {
    facts = url === undefined ? inspectSqlite(place) : await inspectPostgres(url);
  } catch (error) {
    const name = url === undefined ? '' : 'BRIGADE_DATABASE_URL: ';
    yield problem('database', `${name}${place} cannot be used: ${said(error)}`);
    return false;
  }
  if (!facts || facts.schema === 0) {
    yield ok('database', `${place} is empty: the first start makes what it needs.`);
    return false;
  }
  yield schemaFinding(place, facts);
  if (facts.at !== undefined) yield clockFinding(facts.at - (before + clock.now()) / 2, config);
  if (facts.isFleeting) {
    const text = `${place} does not wait for its disk: what it calls saved is lost with its power. Set synchronous_commit and fsync to on.`;
    yield warning('database', text);
  }
  return facts.schema === facts.known;
}

function schemaFinding(place: string, { schema, known }: DatabaseFacts): Finding {
  if (schema > known) {
    const text = `${place} was written by a newer Bucket Brigade (schema ${schema}, this one knows ${known}). Start the newer version, or restore a backup.`;
    return problem('database', text);
  }
  if (schema === known)
    return ok('database', `${place} can be read and written; schema ${schema}.`);
  const text = `${place} has schema ${schema}; the next start brings it to ${known}, and older versions then refuse it. Make a backup first.`;
  return warning('database', text);
}

/** `offMs`: the server's clock against ours. */
function clockFinding(offMs: number, { leaseMs }: Config): Finding {
  const limitMs = leaseMs * CLOCK_MARGIN;
  const seconds = `${Math.abs(offMs / 1000).toFixed(1)} s`;
  const text = `This machine's clock is ${seconds} ${offMs > 0 ? 'behind' : 'ahead of'} the database's`;
  if (Math.abs(offMs) <= limitMs / 2) return ok('clock', `${text}.`);
  const worse = Math.abs(offMs) > limitMs;
  const what = worse ? 'a worker here would lease nothing' : 'the limit is near';
  const advice = `${text}: ${what} (limit ${limitMs / 1000} s). Let both follow one NTP server.`;
  return worse ? problem('clock', advice) : warning('clock', advice);
}
