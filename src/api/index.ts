export { createApi } from './api.ts';
export type { ApiDeps, JobOptions, Supports } from './call.ts';
export { jobDescriptor, jobListDescriptor } from './job-view.ts';
