export {
  type Ask,
  type ListedRows,
  type ListerOptions,
  listInParallel,
  ListingFailed,
  type ListPosition,
} from './lister.ts';
export type { ObjectFacts } from './object-facts.ts';
export type { ListedObject, ListPlan, Read } from './pages.ts';
export {
  isWrongOwner,
  openSelection,
  type SelectedObject,
  type Selection,
  type SelectionRequest,
  WrongBucketOwner,
} from './selection.ts';
