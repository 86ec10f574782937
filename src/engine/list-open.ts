/**
 * Which source a job's list needs, settled here and nowhere else: by what the request says, before
 * anything is read. A plain CSV manifest needs none.
 */
import type { Job } from '../model/job.ts';
import { openGenerated } from './generate-list.ts';
import { openInventory } from './list-inventory.ts';
import { openCompressedCsv, openJsonLines } from './list-names.ts';
import { openReport } from './list-report.ts';
import type { ListRequest, ListSource, OpenList } from './list-source.ts';

interface Source {
  readonly isFor: (list: { readonly format: string; readonly key: string }, job: Job) => boolean;
  readonly open: OpenList;
}

/** The first one that fits. `key`: the manifest's, decoded, as its ARN has it. */
const SOURCES: readonly Source[] = [
  { isFor: (_, job) => job.request.ManifestGenerator !== undefined, open: openGenerated },
  { isFor: ({ format }) => format.startsWith('S3InventoryReport_'), open: openInventory },
  { isFor: ({ key }) => /(^|\/)manifest\.json$/.test(key), open: openReport },
  { isFor: ({ key }) => /\.(jsonl|ndjson)(\.(gz|zst))?$/i.test(key), open: openJsonLines },
  { isFor: ({ key }) => /\.(gz|zst)$/i.test(key), open: openCompressedCsv },
];

/** Resolves to undefined for a plain CSV manifest, which is cut where it lies (D7). */
export async function openList(request: ListRequest): Promise<ListSource | undefined> {
  const { job } = request;
  const manifest = job.request.Manifest;
  const list = { format: manifest?.Spec?.Format ?? '', key: manifest?.Location?.ObjectArn ?? '' };
  return SOURCES.find(({ isFor }) => isFor(list, job))?.open(request);
}
