/** Operations of AWS's list that are refused at CreateJob, in one sentence, until they are built. */
import type { OperationName } from '../model/vocabulary.ts';
import type { Operation } from './operation.ts';

export function notYet(name: OperationName): Operation {
  const message = `${name} is not supported by this version of Bucket Brigade`;
  return {
    name,
    check: () => [{ field: `Operation.${name}`, message }],
    open: () => Promise.resolve({ ok: false, reason: `${message}.` }),
  };
}
