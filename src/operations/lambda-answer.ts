/**
 * What a function answered, and what that makes of its task: the response contract of S3 Batch
 * Operations (guide, "Invoke AWS Lambda function").
 *
 * I1. Total: any bytes make an outcome, and nothing throws.
 * I2. An answer counts only when it is about this call: schema and invocation id are echoed. What
 *     AWS does otherwise is unpublished; here the task fails for good, as for answers that are no
 *     answers.
 * I3. AWS's guide keeps and ignores result strings of failures in one and the same table; we keep
 *     them for all three codes.
 */
import { failed, type Outcome } from '../model/outcome.ts';

export type SchemaVersion = '1.0' | '2.0';

/** What the answer must echo. */
export interface Sent {
  readonly schema: SchemaVersion;
  readonly invocationId: string;
  readonly taskId: string;
}

/** AWS's words. */
const INVALID_JSON = 'Invalid JSON returned in Lambda payload';
const FUNCTION_ERROR = 'Lambda returned function error: ';
/** Of a result string; a report shows 10,000 characters of it. */
const RESULT_CHARS_MAX = 10_000;

const CODES = ['Succeeded', 'TemporaryFailure', 'PermanentFailure'] as const;
type ResultCode = (typeof CODES)[number];

export function outcomeOfAnswer(payload: Buffer, sent: Sent): Outcome {
  const answer = parsed(payload);
  if (answer === undefined) return invalid();
  if (answer.schema !== sent.schema) return invalid('it does not echo the schema version'); // I2
  if (answer.invocationId !== sent.invocationId) {
    return invalid('it does not echo the invocation id'); // I2
  }
  const own = answer.results.filter(({ taskId }) => taskId === sent.taskId);
  const [result] = own;
  if (result === undefined) {
    const message = 'The answer of the function holds no result for this task';
    return outcomeOf(answer.missingAs, message);
  }
  return own.length === 1
    ? outcomeOf(result.code, result.text)
    : invalid('it holds several results for the task');
}

/** `error`: Lambda's JSON about it. AWS reports it as permanent, with HTTP status 200. */
export function outcomeOfFunctionError(error: string): Outcome {
  return failed(200, 'PermanentFailure', bounded(`${FUNCTION_ERROR}${error}`));
}

function outcomeOf(code: ResultCode, text: string): Outcome {
  const message = bounded(text);
  if (code === 'Succeeded') return { ok: true, message };
  if (code === 'PermanentFailure') return failed(200, code, message);
  // The final one keeps its own name: AWS publishes none for it.
  return { ...failed(200, code, message, 'later'), isOwn: true };
}

function invalid(detail?: string): Outcome {
  const message = detail === undefined ? INVALID_JSON : `${INVALID_JSON}: ${detail}`;
  return failed(200, 'PermanentFailure', message);
}

interface Answer {
  readonly schema: string;
  readonly invocationId: string;
  readonly missingAs: ResultCode;
  readonly results: readonly { readonly taskId: string; code: ResultCode; text: string }[];
}

/** Undefined: not JSON, or not of the shape. */
function parsed(payload: Buffer): Answer | undefined {
  let json: unknown;
  try {
    json = JSON.parse(payload.toString('utf8'));
  } catch {
    // The payload is the function's own text; that it is no JSON is all there is to say.
    return undefined;
  }
  const answer = membersOf(json);
  const schema = answer?.get('invocationSchemaVersion');
  const invocationId = answer?.get('invocationId');
  const missingAs = codeOf(answer?.get('treatMissingKeysAs') ?? 'TemporaryFailure');
  const list = answer?.get('results');
  const isWhole = typeof schema === 'string' && typeof invocationId === 'string';
  if (!isWhole || missingAs === undefined || !Array.isArray(list)) return undefined;
  const results = [];
  for (const item of list) {
    const members = membersOf(item);
    const taskId = members?.get('taskId');
    const code = codeOf(members?.get('resultCode'));
    const text = members?.get('resultString') ?? '';
    if (typeof taskId !== 'string' || code === undefined || typeof text !== 'string') {
      return undefined;
    }
    results.push({ taskId, code, text });
  }
  return { schema, invocationId, missingAs, results };
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? new Map(Object.entries(value)) : undefined;
}

function codeOf(value: unknown): ResultCode | undefined {
  return CODES.find((code) => code === value);
}

/** A cut through a pair of surrogates would leave half a character. */
function bounded(text: string): string {
  const kept = text.length <= RESULT_CHARS_MAX ? text : `${text.slice(0, RESULT_CHARS_MAX - 3)}...`;
  return kept.toWellFormed();
}
