export { createFunctions } from './create.ts';
export { parseFunctionName } from './function-name.ts';
export type { FoundFunction, Functions, Invoked, Invoker, Registration } from './functions.ts';
export type { InvokeApi } from './invoke-api.ts';
