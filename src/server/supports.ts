/** What jobs of this version may ask for. */
import type { Supports } from '../api/index.ts';

export const SUPPORTS: Supports = {
  manifestFormats: ['S3BatchOperations_CSV_20180820', 'S3InventoryReport_CSV_20161130'],
  generator: true,
};
