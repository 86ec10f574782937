import type { Principal } from '../../auth/index.ts';
import type { Action } from './deps.ts';

/** What is asked for: a job, or the objects of the store, which serve every account. */
export interface Resource {
  /** Absent: it belongs to no account. */
  readonly account?: string;
}

/** Everything that the console does passes here once; jobs are for their own account. */
export function may(principal: Principal, _action: Action, { account }: Resource): boolean {
  return account === undefined || account === principal.account;
}
