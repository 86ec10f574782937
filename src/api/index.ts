export { createApi, type Listening } from './api.ts';
export { Door } from './door.ts';
export type { ApiDeps, Supports } from './call.ts';
export { createJobOfJson } from './json-job.ts';
export { plannedJob } from './planned-job.ts';
export { addConsole } from './console/console.ts';
export type { About, ConsoleDeps } from './console/deps.ts';
