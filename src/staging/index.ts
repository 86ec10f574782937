export { folderStaging, type PartName, type Staging } from './staging.ts';
