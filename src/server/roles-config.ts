/**
 * What the RoleArn of a job stands for, from the configuration:
 *
 * - BRIGADE_STS_ENDPOINT: roles are assumed there, under the ARN that BRIGADE_STS_ROLE_ARN makes of them.
 * - BRIGADE_ROLES: one JSON object by RoleArn. A value is a key pair, {"accessKeyId", "secretAccessKey"};
 *   {"assume": "arn:..."}, the name under which STS knows the role; or "service", the service's own key.
 *   Each text of a key pair may be {"env": "NAME"} or {"file": "/path"} instead.
 * - Neither, or BRIGADE_ROLES=service: every role stands for the service's own key.
 *
 * With both, BRIGADE_ROLES comes first. Without STS a role that is not in it stands for nothing.
 */
import { readFileSync } from 'node:fs';
import { accountOfRole, nameOfRole } from '../model/role-arn.ts';
import type { RoleMap, RoleMeans } from '../roles/index.ts';
import type { S3Credentials } from '../s3/index.ts';
import { ConfigError } from './config-error.ts';

const NAME = 'BRIGADE_ROLES';

export interface RolesConfig {
  readonly map: RoleMap;
  /** Absent: no role is assumed. */
  readonly sts: StsConfig | undefined;
  /** Whether all jobs share the service's key, and whether somebody said so. */
  readonly shared: 'by-default' | 'by-choice' | undefined;
  /** Variables that hold secrets of roles, and are nobody else's to see. */
  readonly secretVariables: readonly string[];
}

export interface StsConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly durationSeconds: number;
  readonly externalId: string | undefined;
  /** Absent: the service's own. */
  readonly credentials: S3Credentials | undefined;
}

type Source = Readonly<Record<string, string | undefined>>;

export function rolesOf(source: Source, sts: StsConfig | undefined): RolesConfig {
  const text = source[NAME]?.trim() || undefined;
  const template = source['BRIGADE_STS_ROLE_ARN']?.trim() || '{arn}';
  if (sts === undefined && (text === undefined || text === 'service')) {
    const shared = text === undefined ? 'by-default' : 'by-choice';
    return { map: () => ({ kind: 'service' }), sts, shared, secretVariables: [] };
  }
  if (text === 'service') {
    throw new ConfigError(
      `${NAME}: "service" says that no role is assumed; leave it out, or leave BRIGADE_STS_ENDPOINT out.`,
    );
  }
  const secretVariables: string[] = [];
  const reading: Reading = { source, isSts: sts !== undefined, secretVariables };
  const entries = Object.entries(objectOf(text ?? '{}'));
  const named = new Map(entries.map(([arn, value]) => [arn, meaningOf(arn, value, reading)]));
  const assumed = (arn: string): RoleMeans => ({ kind: 'assume', arn: renamed(template, arn) });
  const others = sts === undefined ? () => undefined : assumed;
  return { map: (arn) => named.get(arn) ?? others(arn), sts, shared: undefined, secretVariables };
}

/** `{arn}`, `{account}` and `{name}` are those of the job's role; Ceph RGW has roles without accounts. */
function renamed(template: string, arn: string): string {
  const parts = new Map([
    ['arn', arn],
    ['account', accountOfRole(arn) ?? ''],
    ['name', nameOfRole(arn) ?? ''],
  ]);
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => parts.get(name) ?? whole);
}

interface Reading {
  readonly source: Source;
  readonly isSts: boolean;
  readonly secretVariables: string[];
}

function meaningOf(arn: string, value: unknown, reading: Reading): RoleMeans {
  const at = `${NAME}."${arn}"`;
  if (accountOfRole(arn) === undefined) {
    throw new ConfigError(
      `${at}: must be the ARN of a role, such as arn:aws:iam::123456789012:role/name.`,
    );
  }
  if (value === 'service') return { kind: 'service' };
  const members = membersOf(value, at);
  const assume = members.get('assume');
  if (assume !== undefined && members.size === 1) {
    if (typeof assume !== 'string' || !/^[\x21-\x7e]{20,2048}$/.test(assume)) {
      throw new ConfigError(`${at}.assume: must be the ARN under which STS knows the role.`);
    }
    if (!reading.isSts) throw new ConfigError(`${at}.assume: needs BRIGADE_STS_ENDPOINT.`);
    return { kind: 'assume', arn: assume };
  }
  const known = ['accessKeyId', 'secretAccessKey', 'sessionToken'];
  const stranger = [...members.keys()].find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw new ConfigError(`${at}: knows ${known.join(', ')} or assume, not "${stranger}".`);
  }
  const read = (name: string): string => secretOf(members.get(name), `${at}.${name}`, reading);
  const credentials = {
    accessKeyId: read('accessKeyId'),
    secretAccessKey: read('secretAccessKey'),
    ...(members.has('sessionToken') ? { sessionToken: read('sessionToken') } : {}),
  };
  return { kind: 'keys', credentials };
}

/** The text itself, or what a variable or a file holds. No error of it quotes what it is. */
function secretOf(value: unknown, at: string, { source, secretVariables }: Reading): string {
  const text = typeof value === 'string' ? value : referred(membersOf(value, at), at);
  if (!/^[\x21-\x7e]{1,16384}$/.test(text)) {
    throw new ConfigError(`${at}: must be printable characters without spaces.`);
  }
  return text;

  function referred(members: ReadonlyMap<string, unknown>, at: string): string {
    const [name, target] = [...members][0] ?? [];
    if (members.size !== 1 || typeof target !== 'string' || (name !== 'env' && name !== 'file')) {
      throw new ConfigError(`${at}: must be a text, {"env": "NAME"} or {"file": "/path"}.`);
    }
    if (name === 'env') {
      secretVariables.push(target);
      const found = source[target]?.trim();
      if (!found) throw new ConfigError(`${at}: the variable ${target} is not set.`);
      return found;
    }
    try {
      return readFileSync(target, 'utf8').trim();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
      throw new ConfigError(`${at}: the file ${target} cannot be read: ${code}.`);
    }
  }
}

function objectOf(text: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // What stands in it may be a secret: the parser's message would quote it.
    throw new ConfigError(`${NAME}: is not JSON, and not the word service.`);
  }
  return Object.fromEntries(membersOf(parsed, NAME));
}

function membersOf(value: unknown, at: string): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(`${at}: must be an object.`);
  }
  return new Map(Object.entries(value));
}
