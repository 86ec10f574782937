/** What jobs of this version may ask for. */
import type { Supports } from '../api/index.ts';
import type { RolesConfig } from './roles-config.ts';

export const SUPPORTS: Supports = {
  manifestFormats: ['S3BatchOperations_CSV_20180820', 'S3InventoryReport_CSV_20161130'],
  generator: true,
};

/** With the roles that the configuration knows. */
export function supportsOf({ map }: RolesConfig): Supports {
  return { ...SUPPORTS, isRole: (arn) => map(arn) !== undefined };
}
