export { createFunctions } from './create.ts';
export type { FoundFunction, Functions, Invoked, Invoker } from './functions.ts';
