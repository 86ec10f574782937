/** What the commands `keys` and `policy` share: the open book, and how its refusals are told. */
import { AccessRefused, type AccessDesk } from '../../src/auth/index.ts';
import { CommandError, type Given, type Options } from '../command.ts';
import type { Commands } from '../service.ts';

export const DESK_OPTIONS: Options = {
  account: { value: 'ID', help: 'twelve digits (default: BRIGADE_ACCOUNT_ID)' },
  json: { help: 'for programs: one JSON object per line' },
};

export const WHERE = `Works on the database itself (BRIGADE_DATA_DIR or BRIGADE_DATABASE_URL), whether the service runs or
not; a service that runs heeds a change within five seconds.`;

export async function atDesk<T>(
  given: Given,
  commands: Commands,
  use: (desk: AccessDesk) => Promise<T>,
): Promise<T> {
  const { desk, close } = await commands.access(given.text('account'));
  try {
    return await use(desk);
  } catch (error) {
    if (error instanceof AccessRefused) throw new CommandError(error.message);
    throw error;
  } finally {
    await close();
  }
}

export function tagsOf(given: Given): { readonly key: string; readonly value: string }[] {
  return given.pairs('tag').map(({ Key, Value }) => ({ key: Key, value: Value }));
}

export function timeOf(ms: number | undefined): string {
  return ms === undefined ? '-' : new Date(ms).toISOString().replace(/\.\d+/, '');
}
