export { createApi } from './api.ts';
export type { ApiDeps, Supports } from './call.ts';
