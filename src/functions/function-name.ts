/** The forms in which S3 Control takes a function: full ARN, partial ARN, name; each with a qualifier. */

export interface FunctionName {
  readonly name: string;
  /** A version or an alias. */
  readonly qualifier?: string;
  /** What Lambda's own API is asked for: a name, or the ARN where it says more than the name. */
  readonly resource: string;
}

const NAME = '([A-Za-z0-9_-]{1,64})(?::(\\$LATEST|[A-Za-z0-9_-]+))?';
const FULL = new RegExp(`^(arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:\\d{12}:function:)${NAME}$`);
const PARTIAL = new RegExp(`^((?:[a-z0-9-]+:)?\\d{12}:function:|function:)${NAME}$`);
const PLAIN = new RegExp(`^()${NAME}$`);

/** Undefined: none of the forms. `function:name` is a name that says what it is. */
export function parseFunctionName(text: string): FunctionName | undefined {
  const match = FULL.exec(text) ?? PARTIAL.exec(text) ?? PLAIN.exec(text);
  const [, before = '', name, qualifier] = match ?? [];
  if (name === undefined) return undefined;
  const resource = before === 'function:' ? name : `${before}${name}`;
  return qualifier === undefined ? { name, resource } : { name, qualifier, resource };
}
