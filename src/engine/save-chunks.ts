/** Chunks of a list and how far it was read, saved as one; counted when they are. */
import type { ChunkRange } from '../manifest/index.ts';
import type { EngineContext } from './context.ts';
import type { HeldLease } from './held-lease.ts';

/** False: the lease is lost, or an earlier save whose answer was lost has happened. */
export async function saveChunks(
  chunks: readonly ChunkRange[],
  checkpoint: unknown,
  held: HeldLease,
  { store, meters }: EngineContext,
): Promise<boolean> {
  const isSaved = await store.addChunks(held.lease, chunks, checkpoint);
  if (isSaved) meters.manifestRows.add(chunks.reduce((sum, { rows }) => sum + rows, 0));
  return isSaved;
}
