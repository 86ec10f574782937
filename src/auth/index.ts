export {
  AccessDesk,
  AccessRefused,
  type KeyView,
  type MadeKey,
  read as readOrRefuse,
} from './desk.ts';
export {
  type AccessKey,
  type Caller,
  fixedKeyring,
  type Found,
  type Keyring,
  openKeyring,
} from './keyring.ts';
export { isUnlimited, judge, lastingKeyOf, type Principal, type Question } from './principal.ts';
export { contextOf, type ContextEntries, tagEntries } from './policy/context.ts';
export { decide, type Decision } from './policy/decide.ts';
export { type Policy, PolicyDefect, readPolicy } from './policy/document.ts';
export { MANAGED_POLICIES } from './policy/managed.ts';
export { Secret } from './secret.ts';
export type { TemporaryKey } from './sessions.ts';
export { sameSecret } from './same-secret.ts';
export { MASTER_KEY_BYTES, readMasterKeys, Vault } from './vault.ts';
