/** The built-in functions: adding one is a file beside this one, and its line here. */
import type { LambdaInvokeOperation } from '@aws-sdk/client-s3-control';
import type { FieldProblem, Opened, Place } from '../operation.ts';
import type { Arguments, BuiltIn } from './built-in.ts';
import { changeStorageClass } from './change-storage-class.ts';
import { deleteFunction } from './delete.ts';
import { headFunction } from './head.ts';
import { mergeTags } from './merge-tags.ts';
import { renameFunction } from './rename.ts';

const BUILT_INS: readonly BuiltIn[] = [
  deleteFunction,
  mergeTags,
  changeStorageClass,
  renameFunction,
  headFunction,
];

const PREFIX = 'brigade-';

/** Whether a function's name is one of ours, or would be: the prefix is reserved. */
export function isBuiltInName(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** `field` is the operation's own path. */
export function checkBuiltIn(
  name: string,
  invoke: LambdaInvokeOperation,
  field: string,
): FieldProblem[] {
  const builtIn = builtInOf(name);
  if (builtIn === undefined) return [{ field: `${field}.FunctionArn`, message: unknown(name) }];
  if (invoke.InvocationSchemaVersion !== '2.0') {
    // As AWS has it for UserArguments: said first, since nothing else is read without it.
    const message = `must be 2.0 for ${name}`;
    return [{ field: `${field}.InvocationSchemaVersion`, message }];
  }
  const args = builtInArguments(invoke);
  const at = (argument: string): string => `${field}.UserArguments.${argument}`;
  const strangers = [...args.keys()].filter((key) => !builtIn.takes.includes(key));
  const takes = builtIn.takes.length === 0 ? 'none' : builtIn.takes.join(', ');
  return [
    ...strangers.map((key) => ({
      field: at(key),
      message: `is no argument of ${name}, which takes ${takes}`,
    })),
    ...builtIn.check(args).map(({ argument, message }) => ({ field: at(argument), message })),
  ];
}

export async function openBuiltIn(
  name: string,
  invoke: LambdaInvokeOperation,
  place: Place,
  signal: AbortSignal,
): Promise<Opened> {
  const builtIn = builtInOf(name);
  if (builtIn === undefined) return { ok: false, reason: `The function ${name} ${unknown(name)}.` };
  return builtIn.open(builtInArguments(invoke), place, signal);
}

function builtInOf(name: string): BuiltIn | undefined {
  return BUILT_INS.find((one) => one.name === name);
}

function unknown(name: string): string {
  const names = BUILT_INS.map((one) => one.name).join(', ');
  return `is not there: ${name} would be a built-in function, and those are ${names}`;
}

function builtInArguments(invoke: LambdaInvokeOperation): Arguments {
  return new Map(Object.entries(invoke.UserArguments ?? {}));
}
