/** `brigade policy`: documents, whom they are attached to, and what they would decide. */
import { readFileSync } from 'node:fs';
import {
  AccessRefused,
  contextOf,
  type ContextEntries,
  decide,
  type Decision,
  judge,
  MANAGED_POLICIES,
  type Policy,
  type Question,
  readOrRefuse,
} from '../../src/auth/index.ts';
import type { Holder } from '../../src/model/access.ts';
import { systemClock } from '../../src/base/clock.ts';
import { CommandError, UsageError, type Command, type Given, type Options } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { aligned, Output } from '../output.ts';
import type { Commands } from '../service.ts';
import { atDesk, DESK_OPTIONS, WHERE } from './desk.ts';

const HOLDER_OPTIONS: Options = {
  user: { value: 'NAME', help: 'the user' },
  group: { value: 'NAME', help: 'the group' },
};

const list: Command = {
  name: 'policy list',
  summary: 'shows policies, managed ones too, and whom they are attached to',
  options: DESK_OPTIONS,
  examples: ['brigade policy list'],
  run: (given, commands) =>
    atDesk(given, commands, async (desk) => {
      const output = new Output(given);
      const attached = await desk.attachments();
      const own = (await desk.policies()).map(({ name }) => ({ name, isManaged: false }));
      const managed = Object.keys(MANAGED_POLICIES).map((name) => ({ name, isManaged: true }));
      const rows = [...own, ...managed].map(({ name, isManaged }) => ({
        ...{ name, isManaged },
        attachedTo: attached
          .filter(({ policy }) => policy === name)
          .map((holder) => `${holder.kind} ${holder.name}`),
      }));
      if (output.isJson) for (const row of rows) output.tell(row, '');
      const kind = (isManaged: boolean): string => (isManaged ? 'managed' : 'own');
      output.say(
        aligned([
          ['policy', 'kind', 'attached to'],
          ...rows.map((row) => [row.name, kind(row.isManaged), row.attachedTo.join(', ')]),
        ]),
      );
      return EXIT.done;
    }),
};

const get: Command = {
  name: 'policy get',
  summary: 'prints the document of a policy',
  takes: ['<policy>'],
  options: DESK_OPTIONS,
  examples: ['brigade policy get read-only'],
  run: (given, commands) =>
    atDesk(given, commands, async (desk) => {
      process.stdout.write(`${(await desk.policy(given.args[0] ?? '')).trim()}\n`);
      return EXIT.done;
    }),
};

const put: Command = {
  name: 'policy put',
  summary: 'keeps a document under a name, or replaces the one of that name',
  more: `The file holds AWS's policy JSON; - is standard input.\n${WHERE}`,
  takes: ['<policy>', '<file>'],
  options: DESK_OPTIONS,
  examples: ['brigade policy put qa-jobs qa-jobs.json'],
  run: (given, commands) =>
    atDesk(given, commands, async (desk) => {
      const [name = '', file = ''] = given.args;
      const notes = await desk.putPolicy(name, textOf(file));
      const text = [`The policy ${name} is kept.`, ...notes.map((note) => `Note: ${note}.`)];
      new Output(given).tell({ policy: name, notes }, text.join('\n'));
      return EXIT.done;
    }),
};

const remove: Command = {
  name: 'policy delete',
  summary: 'deletes a policy that is attached to nobody',
  takes: ['<policy>'],
  options: DESK_OPTIONS,
  examples: ['brigade policy delete qa-jobs'],
  run: (given, commands) =>
    atDesk(given, commands, async (desk) => {
      const [name = ''] = given.args;
      await desk.deletePolicy(name);
      new Output(given).tell({ policy: name, deleted: true }, `The policy ${name} is deleted.`);
      return EXIT.done;
    }),
};

function attachCommand(verb: 'attach' | 'detach', summary: string): Command {
  return {
    name: `policy ${verb}`,
    summary,
    more: WHERE,
    takes: ['<policy>'],
    options: { ...HOLDER_OPTIONS, ...DESK_OPTIONS },
    examples: [`brigade policy ${verb} qa-jobs --group qa`],
    run: (given, commands) =>
      atDesk(given, commands, async (desk) => {
        const [policy = ''] = given.args;
        const holder = holderOf(given);
        await desk[verb](policy, holder);
        const text = `${policy} is ${verb}ed ${verb === 'attach' ? 'to' : 'from'} the ${holder.kind} ${holder.name}.`;
        new Output(given).tell({ policy, ...holder, [`${verb}ed`]: true }, text);
        return EXIT.done;
      }),
  };
}

const simulate: Command = {
  name: 'policy simulate',
  summary: 'says what policies would decide, and which statement',
  more: `Of a user as attached in the database, or of documents in files, which needs no database. The exit
code is 0 when it is allowed and 3 when it is not. The user's name, tags and account are known to
conditions; everything else is given by --context, several values of one key by repeating it.`,
  options: {
    user: { value: 'NAME', help: 'what this user may do' },
    policy: { value: 'FILE', help: 'what this document allows', isMany: true },
    action: { value: 'NAME', help: 'such as s3:UpdateJobPriority' },
    resource: { value: 'ARN', help: 'what it is done to (default: *)' },
    context: { value: 'KEY=VALUE', help: 'a condition key of the request', isMany: true },
    ...DESK_OPTIONS,
  },
  examples: [
    'brigade policy simulate --user alice --action s3:CreateJob --context s3:RequestJobPriority=200',
    'brigade policy simulate --policy p.json --action s3:DescribeJob --resource arn:aws:s3:us-east-1:123456789012:job/1',
  ],
  async run(given, commands) {
    const action = given.text('action');
    if (action === undefined) throw new UsageError('--action is missing.');
    const resource = given.text('resource') ?? '*';
    const now = systemClock.now();
    const entries = {
      'aws:CurrentTime': new Date(now).toISOString(),
      'aws:EpochTime': Math.floor(now / 1000),
      ...entriesOf(given),
    };
    const decision = await decided({ action, resource, entries }, given, commands);
    const { isAllowed, why, by } = decision;
    const statement = by && { ...by };
    new Output(given).tell(
      { decision: isAllowed ? 'allowed' : 'denied', why, ...(statement ? { statement } : {}) },
      said(decision),
    );
    return isAllowed ? EXIT.done : EXIT.denied;
  },
};

export const POLICY: readonly Command[] = [
  list,
  get,
  put,
  remove,
  attachCommand('attach', 'gives a user or a group a policy, managed or of your own'),
  attachCommand('detach', 'takes it away again'),
  simulate,
];

async function decided(question: Question, given: Given, commands: Commands): Promise<Decision> {
  const user = given.text('user');
  const files = given.many('policy');
  if ((user === undefined) === (files.length === 0)) {
    throw new UsageError('needs --user, or --policy.');
  }
  if (user !== undefined) {
    return atDesk(given, commands, async (desk) => judge(await desk.principalOf(user), question));
  }
  const { action, resource, entries } = question;
  return decide({ action, resource, context: contextOf(entries) }, files.map(documentOf));
}

function documentOf(file: string): Policy {
  try {
    return readOrRefuse(file, textOf(file));
  } catch (error) {
    if (error instanceof AccessRefused) throw new CommandError(error.message);
    throw error;
  }
}

function entriesOf(given: Given): ContextEntries {
  const entries: Record<string, string[]> = {};
  for (const { Key, Value } of given.pairs('context')) (entries[Key] ??= []).push(Value);
  return entries;
}

function said({ isAllowed, why, by }: Decision): string {
  const verdict = isAllowed ? 'allowed' : 'denied';
  if (!by) return `${verdict}: ${why === 'root' ? 'root' : 'no statement allows it'}`;
  const sid = by.sid === undefined ? '' : ` (${by.sid})`;
  return `${verdict}: by statement ${by.index}${sid} of ${by.policy}`;
}

function holderOf(given: Given): Holder {
  const [user, group] = [given.text('user'), given.text('group')];
  if (user !== undefined && group === undefined) return { kind: 'user', name: user };
  if (group !== undefined && user === undefined) return { kind: 'group', name: group };
  throw new UsageError('needs --user or --group.');
}

function textOf(file: string): string {
  return readFileSync(file === '-' ? 0 : file, 'utf8');
}
