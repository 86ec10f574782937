/**
 * New keys from old ones: by a template or by a regular expression. Pure.
 *
 * I1. What a template or an expression cannot mean is found before any job runs.
 * I2. An expression that takes too long on a key is given up on: it could stop the whole service.
 */
import { createContext, Script } from 'node:vm';

/** The old key's parts; `{{` and `}}` stand for braces. */
const PLACEHOLDERS = ['key', 'prefix', 'name', 'stem', 'ext'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

/** Of one key. A sane expression takes microseconds. */
const EXPRESSION_MS_MAX = 200;

export type NewKey = (key: string) => string | undefined;

/** Why the template cannot be used, or undefined. */
export function templateProblem(template: string): string | undefined {
  if (template === '') return 'must not be empty';
  const stranger = pieces(template).find((piece) => piece.kind === 'unknown');
  if (stranger === undefined) return undefined;
  return `does not know ${stranger.text}; there are ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`;
}

export function fromTemplate(template: string): NewKey {
  const parsed = pieces(template);
  return (key) => {
    const parts = partsOf(key);
    return parsed.map((piece) => (piece.kind === 'part' ? parts[piece.name] : piece.text)).join('');
  };
}

type Piece =
  | { readonly kind: 'part'; readonly name: Placeholder; readonly text: string }
  | { readonly kind: 'text' | 'unknown'; readonly text: string };

function pieces(template: string): Piece[] {
  return (template.match(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g) ?? []).map((text): Piece => {
    if (text === '{{' || text === '}}') return { kind: 'text', text: text.slice(1) };
    const name = PLACEHOLDERS.find((one) => text === `{${one}}`);
    if (name !== undefined) return { kind: 'part', name, text };
    return { kind: /^[{}]/.test(text) ? 'unknown' : 'text', text };
  });
}

/** `a/b/c.tar.gz`: prefix `a/b/`, name `c.tar.gz`, stem `c.tar`, ext `.gz`. */
function partsOf(key: string): Readonly<Record<Placeholder, string>> {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const prefix = key.slice(0, key.length - name.length);
  const dot = name.lastIndexOf('.');
  // A name that only begins with a dot has no extension.
  const ext = dot > 0 ? name.slice(dot) : '';
  const stem = name.slice(0, name.length - ext.length);
  return { key, prefix, name, stem, ext };
}

/** Why the expression cannot be used, or undefined. */
export function expressionProblem(source: string): string | undefined {
  try {
    return source === '' || new RegExp(source, 'gu') === undefined
      ? 'must not be empty'
      : undefined;
  } catch (error) {
    return `is no regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Every match is replaced; `$1` and `$<name>` are groups. Undefined: it took too long (I2). */
export function fromExpression(from: string, to: string): NewKey {
  const context = createContext({ from, to, key: '' });
  const prepare = new Script('globalThis.expression = new RegExp(from, "gu")');
  prepare.runInContext(context);
  const replace = new Script('key.replace(expression, to)');
  return (key) => {
    context['key'] = key;
    try {
      return String(replace.runInContext(context, { timeout: EXPRESSION_MS_MAX }));
    } catch (error) {
      // An Error of another context is no instance of ours.
      const code = typeof error === 'object' && error !== null && 'code' in error && error.code;
      if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
      throw error;
    }
  };
}
