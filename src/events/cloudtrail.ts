/**
 * Log files in a bucket, as CloudTrail writes them, and once an hour a signed digest of them.
 *
 * T1. A digest is planned, remembered, written, and remembered as written, in four steps: whoever
 *     takes over in between writes the same bytes under the same name, and the chain has no fork.
 * T2. What a log file holds was hashed before it was written; a file that was written twice after a
 *     crash is the same file, or one more that no digest names.
 * T3. A digest is written for an hour without files too: a gap in the chain is a deletion.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { type S3, type S3Answer, type S3Request, sendWithRetry, toOutcome } from '../s3/index.ts';
import { type AccountMemory, readMemory, timesOf, type TrailMemory } from './memory.ts';
import type { Message, MessageKind } from './message.ts';
import { DELIVERED, type Delivery, type Sink } from './sink.ts';
import {
  digestFile,
  LOG_HEADERS,
  logFile,
  SIGNATURE_ALGORITHM,
  type SigningKey,
  type TrailFile,
  type TrailPlace,
} from './trail-files.ts';

export interface CloudTrailOptions {
  readonly name: string;
  readonly wants: readonly MessageKind[];
  readonly bucket: string;
  readonly prefix: string;
  readonly region: string;
  /** Absent: no digests. */
  readonly signingKey: SigningKey | undefined;
  /** How long a file waits for more records. */
  readonly lingerMs: number;
  readonly s3: Pick<S3, 'send'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  close(): Promise<void>;
}

const BATCH_MAX = 500;
const HOUR_MS = 60 * 60 * 1000;
/** More files than this are put into a digest before the hour is over. */
const FILES_MAX = 500;
const DIGEST_PAUSE_MS = 30_000;
const SILENCE_MS = 7_000;

export function cloudTrailSink(options: CloudTrailOptions): Sink {
  const { name, bucket, prefix, region, signingKey, s3, clock, random, log } = options;
  const placeOf = (account: string): TrailPlace => {
    return { bucket, prefix, region, account, trail: name };
  };

  let digestNotBefore = 0;

  const put = async (file: TrailFile, more: Readonly<Record<string, string>> = {}) => {
    const { key, body } = file;
    const headers = { ...LOG_HEADERS, ...more };
    const request: S3Request = { method: 'PUT', bucket, key, headers, body };
    return sendOnce(s3, { ...request, silenceMs: SILENCE_MS }, { clock, random });
  };

  return {
    name,
    wants: new Set(options.wants),
    batchMax: BATCH_MAX,
    isOrdered: true,
    lingerMs: options.lingerMs,
    timeoutMs: 2 * SILENCE_MS,

    async send(batch, text) {
      const memory: Record<string, AccountMemory> = { ...readMemory(text) };
      const outcomes = new Map<string, Delivery>();
      for (const [account, messages] of byAccount(batch)) {
        const records = messages.flatMap((message) => message.records());
        const at = messages.at(-1)?.at ?? clock.now();
        const file = logFile(placeOf(account), records, at);
        const outcome = await put(file);
        outcomes.set(account, outcome);
        if (outcome.kind !== 'delivered' || signingKey === undefined) continue;
        const known = memory[account] ?? { startAt: clock.now(), files: [] };
        const logged = { key: file.key, hash: file.hash, ...timesOf(records) };
        const others = known.files.filter(({ key }) => key !== file.key);
        memory[account] = { ...known, files: [...others, logged] };
      }
      const deliveries = batch.map(({ account }) => outcomes.get(account) ?? DELIVERED);
      return signingKey === undefined
        ? { deliveries }
        : { deliveries, memory: JSON.stringify(memory) };
    },

    async idle(text) {
      if (signingKey === undefined || text === null || digestNotBefore > clock.now()) {
        return undefined;
      }
      const memory = readMemory(text);
      const [account = '', due] = Object.entries(memory).find(([, one]) => isDue(one, clock)) ?? [];
      if (due === undefined) return undefined;
      if (due.planned === undefined) return remembered(memory, account, plan(due, clock)); // T1
      const digest = digestFile(placeOf(account), due.planned, due.previous, signingKey);
      const { signature, key, hash } = digest;
      const outcome = await put(digest, {
        'x-amz-meta-signature': signature,
        'x-amz-meta-signature-algorithm': SIGNATURE_ALGORITHM,
      });
      if (outcome.kind !== 'delivered') {
        // The digest waits, and log files go on without it, if they can.
        digestNotBefore = clock.now() + DIGEST_PAUSE_MS;
        log.warn({ sink: name, key, outcome }, 'A digest of the trail could not be written.');
        return undefined;
      }
      const { startAt, files } = due;
      return remembered(memory, account, { startAt, files, previous: { key, hash, signature } });
    },

    close: () => options.close(),
  };
}

function isDue({ planned, startAt, files }: AccountMemory, clock: Clock): boolean {
  if (planned !== undefined) return true;
  return clock.now() - startAt >= HOUR_MS || files.length >= FILES_MAX;
}

function plan(memory: AccountMemory, clock: Clock): AccountMemory {
  const { startAt, files } = memory;
  // Digests end at whole seconds, and never two at the same: their names are their ends.
  const endAt = Math.max(Math.floor(clock.now() / 1000) * 1000, startAt + 1000);
  return { ...memory, startAt: endAt, files: [], planned: { startAt, endAt, files } };
}

function remembered(memory: TrailMemory, account: string, of: AccountMemory): string {
  return JSON.stringify({ ...memory, [account]: of });
}

function byAccount(batch: readonly Message[]): Map<string, Message[]> {
  const groups = new Map<string, Message[]>();
  for (const message of batch) {
    groups.set(message.account, [...(groups.get(message.account) ?? []), message]);
  }
  return groups;
}

/** A bucket that is gone or forbidden may be put right: whatever it says, the files wait. */
async function sendOnce(
  s3: Pick<S3, 'send'>,
  request: S3Request,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<Delivery> {
  const answer: S3Answer = await sendWithRetry(s3, request, { attempts: 1, clock, random });
  const outcome = toOutcome(answer);
  if (outcome.ok) return DELIVERED;
  const status = outcome.httpStatus === 0 ? '' : `${outcome.httpStatus} `;
  return { kind: 'later', reason: `${status}${outcome.code}: ${outcome.message}` };
}
