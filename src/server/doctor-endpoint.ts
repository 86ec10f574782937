/** What the doctor asks the S3 endpoint. */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { type S3, type S3Answer, toOutcome } from '../s3/index.ts';
import type { Config, KeyPair } from './config.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

export interface DoctorNeeds {
  readonly config: Config;
  readonly endpoint: { readonly endpoint: string; readonly credentials: KeyPair };
  readonly s3: S3;
  readonly clock: Clock;
  readonly random: Random;
}

/** S3 refuses what is signed fifteen minutes off. */
const SKEW_MS_MAX = 5 * 60 * 1000;
const SKEW_MS_NOTED = 30 * 1000;
const WRONG_KEYS = ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidToken', 'ExpiredToken'];

/** Resolves to whether there is somebody to ask more. */
export async function* examineEndpoint(needs: DoctorNeeds): AsyncGenerator<Finding, boolean> {
  const { s3, endpoint, clock, random } = needs;
  const url = endpoint.endpoint;
  const answer = await s3.send({ method: 'GET' });
  if (answer.status === 0) {
    const text = `${url} does not answer: ${answer.failure ?? ''} Jobs wait for an endpoint that is away; is this the right one?`;
    yield problem('endpoint', text);
    return false;
  }
  const traits = await s3.traits();
  yield ok('endpoint', `${url} answers, and is ${traits?.name ?? 'unknown'} to us.`);
  yield* skewOf(answer, clock);
  const credentials = credentialsFinding(answer, endpoint.credentials.accessKeyId);
  yield credentials;
  if (credentials.verdict === 'problem') return false;
  // A bucket that nobody has: whoever takes paths for buckets says so.
  const bucket = `brigade-doctor-${random.hex(6)}`;
  const probe = toOutcome(await s3.send({ method: 'GET', bucket, query: { 'max-keys': '1' } }));
  if (!probe.ok && ['NoSuchBucket', 'AccessDenied', 'NotFound'].includes(probe.code)) {
    yield ok('path style', 'The endpoint finds buckets in paths, as they are asked for.');
  } else {
    const said = probe.ok ? 'a success' : `${probe.httpStatus} ${probe.code}: ${probe.message}`;
    const text = `Asked for a bucket that does not exist, the endpoint answered ${said}. Does it take path-style requests (https://host/bucket/key)?`;
    yield warning('path style', text);
  }
  return true;
}

function* skewOf({ headers }: S3Answer, clock: Clock): Generator<Finding> {
  const at = Date.parse(headers['date'] ?? '');
  if (Number.isNaN(at)) return;
  const offMs = at - clock.now();
  const seconds = `${Math.round(Math.abs(offMs) / 1000)} s ${offMs > 0 ? 'ahead of' : 'behind'} ours`;
  if (Math.abs(offMs) < SKEW_MS_NOTED) yield ok('clock', "The endpoint's clock agrees with ours.");
  else if (Math.abs(offMs) < SKEW_MS_MAX)
    yield warning('clock', `The endpoint's clock is ${seconds}.`);
  else {
    const text = `The endpoint's clock is ${seconds}: signatures are made for its time after the first refusal, but one of the two needs NTP.`;
    yield warning('clock', text);
  }
}

function credentialsFinding(answer: S3Answer, accessKeyId: string): Finding {
  const outcome = toOutcome(answer);
  if (outcome.ok) return ok('credentials', `The access key ${accessKeyId} is accepted.`);
  const { httpStatus, code, message } = outcome;
  const said = `${httpStatus} ${code}: ${message}`;
  if (WRONG_KEYS.includes(code)) {
    const text = `The access key ${accessKeyId} is refused: ${said}. Check BRIGADE_S3_ACCESS_KEY_ID and BRIGADE_S3_SECRET_ACCESS_KEY.`;
    return problem('credentials', text);
  }
  if (code === 'AccessDenied') {
    const text = `The access key ${accessKeyId} may not list buckets, which is no fault; the rest shows with --job.`;
    return ok('credentials', text);
  }
  return warning('credentials', `A list of all buckets was answered with ${said}.`);
}
