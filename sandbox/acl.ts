/**
 * Access control lists: canned ones, grant headers and documents become one stored form, and the
 * stored form answers who may do what.
 *
 * I1. The owner may always do everything; a stored '' is the private list, which grants nothing
 *     else.
 * I2. An account is known by its canonical user id, which is made of its account id.
 */
import { AccessControlPolicy$, GetObjectAclOutput$ } from '@aws-sdk/client-s3';
import type { AccessControlPolicy } from '@aws-sdk/client-s3';
import { sha256Hex } from '../src/sigv4/index.ts';
import { invalidArgument, notImplemented, S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import { readXml, writeXml } from './wire.ts';

export type Permission = 'READ' | 'WRITE' | 'READ_ACP' | 'WRITE_ACP' | 'FULL_CONTROL';
const PERMISSIONS: readonly string[] = ['READ', 'WRITE', 'READ_ACP', 'WRITE_ACP', 'FULL_CONTROL'];

type Grantee = { readonly id: string } | { readonly uri: string };
interface Grant {
  readonly grantee: Grantee;
  readonly permission: Permission;
}

const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';
const AUTHENTICATED = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers';
const LOG_DELIVERY = 'http://acs.amazonaws.com/groups/s3/LogDelivery';
const GROUPS: readonly string[] = [ALL_USERS, AUTHENTICATED, LOG_DELIVERY];
/** S3 takes at most 100 grants in one list. */
const GRANTS_MAX = 100;

/** The canonical user id of an account. */
export function canonicalUserId(accountId: string): string {
  return sha256Hex(`account:${accountId}`);
}

/** Account ids; `bucketOwner` matters to the two canned lists that name it. */
export interface AclOwners {
  readonly owner: string;
  readonly bucketOwner: string;
}

const GRANT_HEADERS: Readonly<Record<string, Permission>> = {
  'x-amz-grant-full-control': 'FULL_CONTROL',
  'x-amz-grant-read': 'READ',
  'x-amz-grant-read-acp': 'READ_ACP',
  'x-amz-grant-write': 'WRITE',
  'x-amz-grant-write-acp': 'WRITE_ACP',
};

export const ACL_HEADERS: readonly string[] = ['x-amz-acl', ...Object.keys(GRANT_HEADERS)];

/** The list that the headers ask for, in stored form; undefined when they ask for none. */
export function aclOfHeaders(request: S3Request, owners: AclOwners): string | undefined {
  const canned = request.header('x-amz-acl');
  const named = Object.keys(GRANT_HEADERS).filter((name) => request.header(name) !== undefined);
  if (canned !== undefined && named.length > 0) {
    throw new S3Error('InvalidRequest', {
      message: 'Specifying both Canned ACLs and Header Grants is not allowed',
    });
  }
  if (canned !== undefined) return store(cannedGrants(canned, owners));
  if (named.length === 0) return undefined;
  const grants: Grant[] = [];
  for (const [name, permission] of Object.entries(GRANT_HEADERS)) {
    const grantees = parseGrantees(name, request.header(name) ?? '');
    grants.push(...grantees.map((grantee) => ({ grantee, permission })));
  }
  return store(grants);
}

function cannedGrants(name: string, { owner, bucketOwner }: AclOwners): readonly Grant[] {
  const full: Grant = { grantee: { id: canonicalUserId(owner) }, permission: 'FULL_CONTROL' };
  const group = (uri: string, permission: Permission): Grant => ({ grantee: { uri }, permission });
  const toBucketOwner = (permission: Permission): readonly Grant[] =>
    owner === bucketOwner
      ? [full]
      : [full, { grantee: { id: canonicalUserId(bucketOwner) }, permission }];
  switch (name) {
    case 'private':
      return [full];
    case 'public-read':
      return [full, group(ALL_USERS, 'READ')];
    case 'public-read-write':
      return [full, group(ALL_USERS, 'READ'), group(ALL_USERS, 'WRITE')];
    case 'authenticated-read':
      return [full, group(AUTHENTICATED, 'READ')];
    case 'log-delivery-write':
      return [full, group(LOG_DELIVERY, 'WRITE'), group(LOG_DELIVERY, 'READ_ACP')];
    case 'bucket-owner-read':
      return toBucketOwner('READ');
    case 'bucket-owner-full-control':
      return toBucketOwner('FULL_CONTROL');
    case 'aws-exec-read':
      throw notImplemented('x-amz-acl: aws-exec-read');
    default:
      throw invalidArgument('', 'x-amz-acl', name);
  }
}

/** `id="…", uri="…", emailAddress="…"`. */
function parseGrantees(header: string, value: string): readonly Grantee[] {
  if (value.trim() === '') return [];
  return value.split(',').map((piece) => {
    const parts = /^\s*(id|uri|emailAddress)\s*=\s*"?([^"]*?)"?\s*$/i.exec(piece);
    if (parts === null) throw invalidArgument('Argument format not recognized', header, value);
    const [, kind = '', text = ''] = parts;
    if (kind.toLowerCase() === 'id') return granteeOfId(text);
    return kind.toLowerCase() === 'uri' ? granteeOfUri(text) : granteeOfEmail();
  });
}

function granteeOfId(id: string): Grantee {
  if (id === '') throw invalidArgument('Invalid id', 'CanonicalUser/ID', id);
  return { id };
}

function granteeOfUri(uri: string): Grantee {
  if (!GROUPS.includes(uri)) throw invalidArgument('Invalid group uri', 'Group/URI', uri);
  return { uri };
}

/** The sandbox's accounts have no e-mail addresses. */
function granteeOfEmail(): never {
  throw new S3Error('UnresolvableGrantByEmailAddress');
}

/** The list of an AccessControlPolicy document, in stored form. */
export function aclOfDocument(body: Buffer, owner: string): string {
  const refusal = 'MalformedACLError';
  const policy = readXml<AccessControlPolicy>(
    AccessControlPolicy$,
    'AccessControlPolicy',
    body,
    refusal,
  );
  if (policy.Owner?.ID === undefined || policy.Grants === undefined) throw new S3Error(refusal);
  if (policy.Owner.ID !== canonicalUserId(owner)) throw new S3Error('AccessDenied');
  if (policy.Grants.length > GRANTS_MAX) throw new S3Error(refusal);
  return store(
    policy.Grants.map(({ Grantee: grantee, Permission: permission }) => {
      if (grantee === undefined || !isPermission(permission)) throw new S3Error(refusal);
      if (grantee.Type === 'CanonicalUser' && grantee.ID !== undefined) {
        return { grantee: granteeOfId(grantee.ID), permission };
      }
      if (grantee.Type === 'Group' && grantee.URI !== undefined) {
        return { grantee: granteeOfUri(grantee.URI), permission };
      }
      if (grantee.Type === 'AmazonCustomerByEmail') return granteeOfEmail();
      throw new S3Error(refusal);
    }),
  );
}

function isPermission(text: string | undefined): text is Permission {
  return text !== undefined && PERMISSIONS.includes(text);
}

function store(grants: readonly Grant[]): string {
  return JSON.stringify(grants);
}

function grantsOf(stored: string, owner: string): readonly Grant[] {
  if (stored === '') {
    return [{ grantee: { id: canonicalUserId(owner) }, permission: 'FULL_CONTROL' }];
  }
  // True because only `store` writes this text.
  return JSON.parse(stored) as readonly Grant[];
}

/** The AccessControlPolicy document of a stored list. */
export function aclDocument(stored: string, owner: string): string {
  return writeXml(GetObjectAclOutput$, {
    Owner: { ID: canonicalUserId(owner) },
    Grants: grantsOf(stored, owner).map(({ grantee, permission }) => ({
      Grantee:
        'id' in grantee
          ? { Type: 'CanonicalUser', ID: grantee.id }
          : { Type: 'Group', URI: grantee.uri },
      Permission: permission,
    })),
  });
}

/** `account` is undefined for somebody who did not sign. */
export function isAllowed(
  list: { readonly owner: string; readonly acl: string },
  account: string | undefined,
  permission: Permission,
): boolean {
  if (account === list.owner) return true; // I1
  if (list.acl === '') return false;
  const id = account === undefined ? undefined : canonicalUserId(account);
  return grantsOf(list.acl, list.owner).some(({ grantee, permission: granted }) => {
    if (granted !== permission && granted !== 'FULL_CONTROL') return false;
    if ('id' in grantee) return grantee.id === id;
    return grantee.uri === ALL_USERS || (grantee.uri === AUTHENTICATED && id !== undefined);
  });
}
