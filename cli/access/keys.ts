/** `brigade keys`: access keys and the users who hold them. */
import type { KeyView, MadeKey } from '../../src/auth/index.ts';
import type { KeyStatus } from '../../src/model/access.ts';
import { UsageError, type Command, type Given, type Options } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { aligned, Output } from '../output.ts';
import { atDesk, DESK_OPTIONS, tagsOf, timeOf, WHERE } from './desk.ts';

const HOUR_MS = 3_600_000;
const ID = 'BB0123456789ABCDEF01';

const USER_OPTIONS: Options = {
  group: { value: 'NAME', help: 'a group of the user', isMany: true },
  tag: { value: 'KEY=VALUE', help: 'a tag of the user, for conditions', isMany: true },
};

const create: Command = {
  name: 'keys create',
  summary: 'makes an access key, and its user if there is none; the secret is shown once',
  more: `${WHERE}\nA user without a policy may do nothing.`,
  options: {
    user: { value: 'NAME', help: 'whose key it is' },
    ...USER_OPTIONS,
    policy: { value: 'NAME', help: 'a policy to attach to the user', isMany: true },
    expires: { value: 'DATE', help: 'when the key stops working (default: never)' },
    ...DESK_OPTIONS,
  },
  examples: [
    'brigade keys create --user alice --group qa --tag department=QA --policy read-only',
    'brigade keys create --user nightly --account 111122223333 --expires 2027-01-31 --json',
  ],
  run: (given, commands) =>
    atDesk(given, commands, async (desk) => {
      const user = given.text('user');
      if (user === undefined) throw new UsageError('--user is missing.');
      const expires = given.date('expires');
      const made = await desk.createKey({
        user,
        groups: given.many('group'),
        tags: tagsOf(given),
        policies: given.many('policy'),
        ...(expires === undefined ? {} : { expiresAt: Date.parse(expires) }),
      });
      tellSecret(given, made);
      return EXIT.done;
    }),
};

const list: Command = {
  name: 'keys list',
  summary: 'shows keys, their users, when they were made and last used; no secrets',
  options: DESK_OPTIONS,
  examples: ['brigade keys list', 'brigade keys list --account 111122223333 --json'],
  run: (given, commands) =>
    atDesk(given, commands, async (desk) => {
      const output = new Output(given);
      const keys = await desk.keys();
      if (output.isJson) for (const key of keys) output.tell(shown(key), '');
      else output.say(keys.length === 0 ? 'There are no keys but the root key.' : tableOf(keys));
      return EXIT.done;
    }),
};

const rotate: Command = {
  name: 'keys rotate',
  summary: 'makes another key for the same user; the old one works for a while',
  more: WHERE,
  takes: ['<key-id>'],
  options: {
    'keep-hours': { value: 'N', help: 'how long the old key still works (default: 24)' },
    ...DESK_OPTIONS,
  },
  examples: [`brigade keys rotate ${ID}`, `brigade keys rotate ${ID} --keep-hours 0`],
  run: (given, commands) =>
    atDesk(given, commands, async (desk) => {
      const keepMs = (given.whole('keep-hours', 0) ?? 24) * HOUR_MS;
      tellSecret(given, await desk.rotateKey(given.args[0] ?? '', keepMs));
      return EXIT.done;
    }),
};

function statusCommand(verb: string, status: KeyStatus, summary: string): Command {
  return {
    name: `keys ${verb}`,
    summary,
    more: WHERE,
    takes: ['<key-id>'],
    options: DESK_OPTIONS,
    examples: [`brigade keys ${verb} ${ID}`],
    run: (given, commands) =>
      atDesk(given, commands, async (desk) => {
        const [id = ''] = given.args;
        await desk.setStatus(id, status);
        new Output(given).tell({ accessKeyId: id, status }, `${id} is ${status}.`);
        return EXIT.done;
      }),
  };
}

const remove: Command = {
  name: 'keys delete',
  summary: 'deletes a key, and with it what it has issued; its user stays',
  more: WHERE,
  takes: ['<key-id>'],
  options: DESK_OPTIONS,
  examples: [`brigade keys delete ${ID}`],
  run: (given, commands) =>
    atDesk(given, commands, async (desk) => {
      const [id = ''] = given.args;
      await desk.deleteKey(id);
      new Output(given).tell({ accessKeyId: id, deleted: true }, `${id} is deleted.`);
      return EXIT.done;
    }),
};

const user: Command = {
  name: 'keys user',
  summary: 'replaces the groups and tags of a user, or deletes one without keys',
  more: WHERE,
  takes: ['<user>'],
  options: {
    ...USER_OPTIONS,
    delete: { help: 'deletes the user, with the policies attached to the user alone' },
    ...DESK_OPTIONS,
  },
  examples: [
    'brigade keys user alice --group production --tag department=Production',
    'brigade keys user alice --delete',
  ],
  run: (given, commands) =>
    atDesk(given, commands, async (desk) => {
      const output = new Output(given);
      const [name = ''] = given.args;
      const [groups, tags] = [given.many('group'), tagsOf(given)];
      if (given.flag('delete')) {
        if (groups.length + tags.length > 0) throw new UsageError('--delete stands alone.');
        await desk.deleteUser(name);
        output.tell({ user: name, deleted: true }, `The user ${name} is deleted.`);
      } else {
        await desk.changeUser({ name, groups, tags });
        output.tell({ user: name, groups, tags }, `The user ${name} is changed.`);
      }
      return EXIT.done;
    }),
};

export const KEYS: readonly Command[] = [
  create,
  list,
  statusCommand('disable', 'Inactive', 'stops a key, and what it has issued, until it is enabled'),
  statusCommand('enable', 'Active', 'lets a disabled key work again'),
  rotate,
  remove,
  user,
];

function tellSecret(given: Given, { key, secret, policies }: MadeKey): void {
  const output = new Output(given);
  const secretAccessKey = secret.reveal();
  const rows = [
    ['access key id', key.id],
    ['secret access key', secretAccessKey],
    ['user', `${key.user} of account ${key.account}`],
    ['policies', policies.join(', ') || 'none: nothing is allowed yet (brigade policy attach)'],
    ['expires', timeOf(key.expiresAt)],
  ];
  output.tell({ ...shown(key), secretAccessKey, policies }, aligned(rows));
  output.say('The secret is not shown again.');
}

function shown({ id, expiresAt, usedAt, createdAt, ...key }: KeyView): object {
  return {
    accessKeyId: id,
    ...key,
    createdAt: timeOf(createdAt),
    ...(expiresAt === undefined ? {} : { expiresAt: timeOf(expiresAt) }),
    ...(usedAt === undefined ? {} : { usedAt: timeOf(usedAt) }),
  };
}

function tableOf(keys: readonly KeyView[]): string {
  const rows = keys.map((key) => [
    key.id,
    key.user,
    key.status,
    key.groups.join(','),
    key.tags.map((tag) => `${tag.key}=${tag.value}`).join(','),
    timeOf(key.createdAt),
    timeOf(key.usedAt),
    timeOf(key.expiresAt),
  ]);
  return aligned([
    ['key', 'user', 'status', 'groups', 'tags', 'created', 'last used', 'expires'],
    ...rows,
  ]);
}
