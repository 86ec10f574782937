import { ApiError, type ApiErrorCode } from '../model/api-error.ts';
import type { IntegerShape, TextShape } from '../model/shape.ts';
import { decodeQuery } from '../sigv4/index.ts';
import { integerRule, readInteger, textProblem } from './read-shape.ts';
import { isXmlText } from './xml.ts';

/** The parameters of a call's query; what is wrong with one is refused by its name. */
export class Query {
  readonly #pairs: readonly [string, string][];

  constructor(raw: string) {
    this.#pairs = decodeQuery(raw);
  }

  texts(name: string, shape: TextShape, code: ApiErrorCode): string[] {
    const found = this.#pairs.filter(([other]) => other === name).map(([, value]) => value);
    for (const value of found) {
      const problem = textProblem(value, shape) ?? (isXmlText(value) ? undefined : NOT_XML);
      if (problem !== undefined) throw new ApiError(code, `${name}: ${problem}`);
    }
    return found;
  }

  text(name: string, shape: TextShape, code: ApiErrorCode): string | undefined {
    const found = this.texts(name, shape, code);
    if (found.length > 1) throw new ApiError(code, `${name}: is given more than once`);
    return found[0];
  }

  integer(name: string, shape: IntegerShape, code: ApiErrorCode): number | undefined {
    const text = this.text(name, ANY_TEXT, code);
    if (text === undefined) return undefined;
    const value = readInteger(text, shape);
    if (value === undefined) throw new ApiError(code, `${name}: ${integerRule(shape)}`);
    return value;
  }
}

const ANY_TEXT: TextShape = { kind: 'text', min: 0, max: Number.MAX_SAFE_INTEGER };
const NOT_XML = 'must hold only characters that XML can carry';
