/** Everything that a job can do, by its name. */
import { OPERATIONS } from './aws-operations.ts';
import { BUILT_INS } from './built-ins.ts';
import type { OperationForm } from './operation-form.ts';
import type { Parameters } from './types.ts';

const ALL = [...OPERATIONS, ...BUILT_INS];

export function formOf(id: string): OperationForm | undefined {
  return ALL.find((form) => form.id === id);
}

/** The form of a job's operation: `{"S3PutObjectTagging": {...}}`. */
export function formOfOperation(operation: Readonly<Record<string, Parameters>>): {
  readonly form: OperationForm | undefined;
  readonly parameters: Parameters;
} {
  const [name = '', parameters = {}] = Object.entries(operation)[0] ?? [];
  const functionName =
    String(parameters['FunctionArn'] ?? '')
      .split(':')
      .at(-1) ?? '';
  return { form: formOf(functionName) ?? formOf(name), parameters };
}

/** `Replace all object tags`, for lists that know only the operation's name. */
export function titleOf(operation: string): string {
  return formOf(operation)?.title ?? operation;
}
