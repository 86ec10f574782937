/** The ARN of a role: `arn:aws:iam::123456789012:role/path/name`. */
const ROLE_ARN = /^arn:[^:]+:iam::(\d{12}):role\/(.+)$/s;

/** Undefined: it is no ARN of a role. */
export function accountOfRole(arn: string): string | undefined {
  return ROLE_ARN.exec(arn)?.[1];
}

/** With its path. */
export function nameOfRole(arn: string): string | undefined {
  return ROLE_ARN.exec(arn)?.[2];
}
