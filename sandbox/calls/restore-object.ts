/**
 * RestoreObject of the archive classes (guide: restoring objects).
 *
 * 202: it has begun, or goes on with a faster tier. 200: the copy is there already and lives for
 * the asked days from now on. Other days, or no faster tier, while one is running: refused.
 */
import { RestoreRequest$ } from '@aws-sdk/client-s3';
import type { RestoreRequest } from '@aws-sdk/client-s3';
import type { Answer, Exchange } from '../call.ts';
import { invalidArgument, notImplemented, S3Error } from '../errors.ts';
import { versionHeader } from '../object-headers.ts';
import { expiryOf, isArchived, type Restore, restoreOf, type Tier, TIERS } from '../restore.ts';
import type { VersionRow } from '../storage/versions.ts';
import { oneOf, readXml } from '../wire.ts';

/** A hundred years; what S3 says to more is unverified. */
const DAYS_MAX = 36_500;

export async function restoreObject(exchange: Exchange): Promise<Answer> {
  const document = await exchange.body.document();
  const asked = requestedRestore(
    readXml<RestoreRequest>(RestoreRequest$, 'RestoreRequest', document),
  );
  const { storage, sandbox } = exchange;
  const { row, isThere } = storage.write(() => {
    const row = exchange.target();
    refuseWrongClass(row, asked.tier);
    const now = sandbox.clock.now();
    const present = restoreOf(row, now);
    const readyMs = readyOf(present, asked, { nowMs: now, delayMs: sandbox.restoreDelayMs });
    // A copy that is there lives for the days from now on.
    const expiresMs = expiryOf(Math.max(readyMs, now), asked.days);
    const restore: Restore = { ...asked, readyMs, expiresMs };
    storage.versions.set(row, 'restore', JSON.stringify(restore));
    return { row, isThere: present !== undefined && present.readyMs <= now };
  });
  const headers = versionHeader(exchange.bucket, row.versionId);
  return { status: isThere ? 200 : 202, headers };
}

function requestedRestore(given: RestoreRequest): Pick<Restore, 'days' | 'tier'> {
  const { Days: days, Type, SelectParameters, OutputLocation, GlacierJobParameters } = given;
  if (Type !== undefined || SelectParameters !== undefined || OutputLocation !== undefined) {
    throw notImplemented('RestoreObject of type SELECT');
  }
  // Days are left out for the tiers of INTELLIGENT_TIERING only, which are not played here.
  if (days === undefined) throw new S3Error('MalformedXML');
  if (days < 1 || days > DAYS_MAX) {
    const message = `Days must be a positive integer of at most ${DAYS_MAX}`;
    throw invalidArgument(message, 'Days', String(days));
  }
  const tier = GlacierJobParameters?.Tier ?? given.Tier ?? 'Standard';
  return { days, tier: oneOf(tier, TIERS) };
}

function refuseWrongClass(row: VersionRow, tier: Tier): void {
  if (!isArchived(row)) {
    throw new S3Error('InvalidObjectState', {
      message: "Restore is not allowed for the object's current storage class",
      elements: { StorageClass: row.storageClass },
    });
  }
  if (tier === 'Expedited' && row.storageClass === 'DEEP_ARCHIVE') {
    // The sentence is S3's; its code is unverified.
    const message = 'Retrieval option is not supported by this storage class';
    throw invalidArgument(message, 'Tier', tier);
  }
}

/** When the copy is there. */
function readyOf(
  present: Restore | undefined,
  asked: Pick<Restore, 'days' | 'tier'>,
  { nowMs, delayMs }: { readonly nowMs: number; readonly delayMs: number },
): number {
  if (present === undefined) return nowMs + delayMs;
  if (present.readyMs <= nowMs) return present.readyMs;
  const isFaster = TIERS.indexOf(asked.tier) < TIERS.indexOf(present.tier);
  if (!isFaster || asked.days !== present.days) throw new S3Error('RestoreAlreadyInProgress');
  return Math.min(present.readyMs, nowMs + delayMs);
}
