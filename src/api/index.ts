export { createApi } from './api.ts';
export type { ApiDeps, JobOptions, Supports } from './call.ts';
