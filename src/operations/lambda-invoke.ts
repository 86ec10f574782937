/**
 * LambdaInvoke: hands each task to a function, one task per call, and reports what it says.
 *
 * I1. The function meets the manifest's own spelling of the key, still URL-encoded, so that JSON or
 *     `key|parameter` in a manifest's key column arrive as they were written.
 * I2. A task keeps its task id over redrives and workers; every call has its own invocation id.
 * I3. A function whose name begins with `brigade-` is one of ours (functions/), and nothing is
 *     called.
 */
import { createHash } from 'node:crypto';
import type { LambdaInvokeOperation } from '@aws-sdk/client-s3-control';
import { parseFunctionName } from '../functions/index.ts';
import type { Task } from '../model/outcome.ts';
import { checkBuiltIn, isBuiltInName, openBuiltIn } from './functions/index.ts';
import { outcomeOfAnswer, outcomeOfFunctionError, type SchemaVersion } from './lambda-answer.ts';
import type { FieldProblem, Opened, Operation, Place } from './operation.ts';
import { onObjects } from './task.ts';

const FIELD = 'Operation.LambdaInvoke';
/** AWS's default. */
const OLDEST: SchemaVersion = '1.0';

export const lambdaInvoke: Operation = {
  name: 'LambdaInvoke',
  isElsewhere: true,

  check(request) {
    const invoke = request.Operation?.LambdaInvoke ?? {};
    const field = `${FIELD}.FunctionArn`;
    if (!invoke.FunctionArn) return [{ field, message: 'is required' }];
    const name = parseFunctionName(invoke.FunctionArn)?.name;
    if (name === undefined) {
      return [{ field, message: 'must be the name or the ARN of a function' }];
    }
    return isBuiltInName(name) ? checkBuiltIn(name, invoke, FIELD) : checkSchema(invoke); // I3
  },

  async open(request, place, signal): Promise<Opened> {
    const invoke = request.Operation?.LambdaInvoke ?? {};
    const functionArn = invoke.FunctionArn ?? '';
    const name = parseFunctionName(functionArn)?.name ?? '';
    if (isBuiltInName(name)) {
      const opened = await openBuiltIn(name, invoke, place, signal);
      return opened.ok ? { ok: true, run: onObjects(opened.run) } : opened;
    }
    const found = await place.functions.find(functionArn);
    if (!found.ok) return found;
    const eventOf = events(invoke, place);
    const run = onObjects(async (task) => {
      const { sent, payload } = eventOf(task);
      const invoked = await found.invoker.invoke(payload);
      switch (invoked.kind) {
        case 'answered':
          return outcomeOfAnswer(invoked.payload, sent);
        case 'function-error':
          return outcomeOfFunctionError(invoked.error);
        case 'failed':
          return invoked.outcome;
      }
    });
    return { ok: true, run };
  },
};

function schemaOf(invoke: LambdaInvokeOperation): SchemaVersion {
  return invoke.InvocationSchemaVersion === '2.0' ? '2.0' : OLDEST;
}

function checkSchema(invoke: LambdaInvokeOperation): FieldProblem[] {
  const version = invoke.InvocationSchemaVersion;
  if (version !== undefined && version !== '1.0' && version !== '2.0') {
    return [{ field: `${FIELD}.InvocationSchemaVersion`, message: 'must be 1.0 or 2.0' }];
  }
  if (invoke.UserArguments === undefined || version === '2.0') return [];
  const message = 'needs InvocationSchemaVersion 2.0; the older schema has no room for it';
  return [{ field: `${FIELD}.UserArguments`, message }];
}

/** The event for a task, and what its answer must echo. */
function events(invoke: LambdaInvokeOperation, { job, random }: Place) {
  const schema = schemaOf(invoke);
  const userArguments = invoke.UserArguments ?? null;
  const jobOfEvent = schema === '2.0' ? { id: job.id, userArguments } : { id: job.id };
  return (task: Task) => {
    const invocationId = Buffer.from(random.hex(24), 'hex').toString('base64');
    const taskId = taskIdOf(job.id, task);
    const bucket =
      schema === '2.0'
        ? { s3Bucket: task.bucket }
        : // Functions take what follows the last colon, or the third: this satisfies both.
          { s3BucketArn: `arn:aws:s3:::${task.bucket}` };
    const payload = JSON.stringify({
      invocationSchemaVersion: schema,
      invocationId,
      job: jobOfEvent,
      tasks: [
        { taskId, s3Key: task.manifestKey, s3VersionId: task.versionId ?? null, ...bucket }, // I1
      ],
    });
    return { payload, sent: { schema, invocationId, taskId } };
  };
}

/** I2: the same for every attempt, so that a function can know what it has done already. */
function taskIdOf(jobId: string, { bucket, manifestKey, versionId }: Task): string {
  const parts = [jobId, bucket, manifestKey, versionId ?? null];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64').slice(0, 32);
}
