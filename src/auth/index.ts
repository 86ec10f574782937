export { type AccessKey, fixedKeyring, type Keyring, type Principal } from './keyring.ts';
export { Secret } from './secret.ts';
export { sameSecret } from './same-secret.ts';
