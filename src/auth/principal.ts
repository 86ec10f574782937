/** Whoever a request is made by, once that is proved. */
import type { AccessTag } from '../model/access.ts';
import { type Context, contextOf, type ContextEntries, tagEntries } from './policy/context.ts';
import { decide, type Decision } from './policy/decide.ts';
import type { Policy } from './policy/document.ts';
import { managedPolicy } from './policy/managed.ts';

export interface Principal {
  /** Of the key that signs: a temporary one has an id of its own. */
  readonly accessKeyId: string;
  /** Twelve digits. */
  readonly account: string;
  /** The key of the configuration, or a user of the book. */
  readonly kind: 'root' | 'user';
  /** Undefined: root. */
  readonly user?: string;
  /** As AWS has it: `arn:aws:iam::123456789012:user/alice`. */
  readonly arn: string;
  /** Of a user: an id that no other user ever has. Of root: the account. */
  readonly userId: string;
  readonly groups: readonly string[];
  readonly tags: readonly AccessTag[];
  /** Of the user and of the user's groups. */
  readonly policies: readonly Policy[];
  /** Made with temporary credentials. */
  readonly session?: Session;
}

export interface Session {
  /** The key that they were issued to. */
  readonly parentKeyId: string;
  /** Of GetFederationToken. */
  readonly name?: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** What the session is limited to; absent: nothing beyond its user's own limits. */
  readonly policies?: readonly Policy[];
}

export function rootOf(accessKeyId: string, account: string): Principal {
  return {
    accessKeyId,
    account,
    kind: 'root',
    arn: `arn:aws:iam::${account}:root`,
    userId: account,
    groups: [],
    tags: [],
    policies: [],
  };
}

/** The same principal by temporary credentials. */
export function withSession(parent: Principal, accessKeyId: string, session: Session): Principal {
  const { account } = parent;
  const { name } = session;
  const federated = {
    arn: `arn:aws:sts::${account}:federated-user/${name}`,
    userId: `${account}:${name}`,
  };
  return { ...parent, ...(name === undefined ? {} : federated), accessKeyId, session };
}

/** The key that answers for what this one does: limits of a key are not escaped by temporary ones. */
export function lastingKeyOf({ accessKeyId, session }: Principal): string {
  return session?.parentKeyId ?? accessKeyId;
}

/** May do everything in its account: what a request is about need not be known. */
export function isUnlimited({ kind, session }: Principal): boolean {
  return kind === 'root' && session?.policies === undefined;
}

/** What conditions may ask about the principal itself. */
function principalEntries(principal: Principal): ContextEntries {
  const { account, arn, userId, user, session, kind, tags } = principal;
  const isFederated = session?.name !== undefined;
  const lasting = kind === 'root' ? 'Account' : 'User';
  return {
    'aws:PrincipalAccount': account,
    'aws:PrincipalArn': arn,
    'aws:PrincipalType': isFederated ? 'FederatedUser' : lasting,
    'aws:userid': userId,
    ...(user === undefined || isFederated ? {} : { 'aws:username': user }),
    ...(session ? { 'aws:TokenIssueTime': new Date(session.issuedAt).toISOString() } : {}),
    ...tagEntries(
      'aws:PrincipalTag',
      tags.map(({ key, value }) => ({ Key: key, Value: value })),
    ),
  };
}

export interface Question {
  readonly action: string;
  readonly resource: string;
  readonly entries: ContextEntries;
}

const EVERYTHING = managedPolicy('administrator');

/** Whether this principal may do this. Pure. */
export function judge(principal: Principal, question: Question): Decision {
  if (isUnlimited(principal)) return { isAllowed: true, why: 'root' };
  const { action, resource, entries } = question;
  const context: Context = contextOf(entries, principalEntries(principal));
  const identity = principal.kind === 'root' && EVERYTHING ? [EVERYTHING] : principal.policies;
  return decide({ action, resource, context }, identity, principal.session?.policies);
}
