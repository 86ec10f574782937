/** `brigade events`: sinks and what they would not take, on the database that the settings name. */
import { readFileSync } from 'node:fs';
import { CommandError, type Command, type Given, type Options } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { aligned, Output } from './output.ts';
import type { Commands, EventsDesk } from './service.ts';

const JSON_OPTION: Options = { json: { help: 'one JSON object per line (the default in a pipe)' } };
const ID_OPTION: Options = {
  id: { value: 'ID', help: 'only this letter, and those that wait behind it (default: all)' },
};

export const EVENTS: readonly Command[] = [
  {
    name: 'events list',
    summary: 'the sinks of events: how far each is behind, and why',
    options: JSON_OPTION,
    run: withDesk(async (desk, given) => {
      const output = new Output(given);
      const sinks = await desk.sinks();
      if (output.isJson) for (const sink of sinks) output.tell(sink, '');
      else if (sinks.length === 0) output.say('There is no sink. See docs/EVENTS.md.');
      else output.say(tableOf(sinks));
      return EXIT.done;
    }),
  },
  {
    name: 'events dead',
    summary: 'dead letters: events that a sink would not take',
    takes: ['[sink]'],
    options: JSON_OPTION,
    run: withDesk(async (desk, given) => {
      const output = new Output(given);
      let count = 0;
      for await (const letter of desk.letters(given.args[0])) {
        const { sink, id, event, eventTime, jobId, reason, isReplayed } = letter;
        const about = [sink, id, eventTime, event, jobId].filter(Boolean).join('  ');
        output.tell(letter, `${about}\n    ${isReplayed ? 'on its way again' : reason}`);
        count++;
      }
      output.say(count === 0 ? 'There are no dead letters.' : `${count} letters.`);
      return EXIT.done;
    }),
  },
  {
    name: 'events replay',
    summary: 'sends dead letters of a sink again, in their order',
    takes: ['<sink>'],
    options: { ...ID_OPTION, ...JSON_OPTION },
    run: withDesk(async (desk, given) => {
      const letters = await desk.replay(sinkOf(given), given.text('id'));
      new Output(given).tell({ letters }, `${letters} letters go out again.`);
      return EXIT.done;
    }),
  },
  {
    name: 'events drop',
    summary: 'forgets dead letters of a sink, for good',
    takes: ['<sink>'],
    options: {
      id: { value: 'ID', help: 'only this letter' },
      all: { help: 'all letters of the sink' },
      ...JSON_OPTION,
    },
    run: withDesk(async (desk, given) => {
      const id = given.text('id');
      if ((id === undefined) !== given.flag('all')) throw new CommandError('needs --id or --all.');
      const letters = await desk.drop(sinkOf(given), id);
      new Output(given).tell({ letters }, `${letters} letters are forgotten.`);
      return EXIT.done;
    }),
  },
  {
    name: 'events test',
    summary: 'sends one event to a sink, now, and says what became of it',
    takes: ['<sink>'],
    options: JSON_OPTION,
    run: withDesk(async (desk, given) => {
      const problem = await desk.test(sinkOf(given));
      if (problem !== undefined) throw new CommandError(`the sink did not take it: ${problem}`);
      new Output(given).tell({ delivered: true }, 'The sink took it.');
      return EXIT.done;
    }),
  },
  {
    name: 'events verify',
    summary: 'checks the digests of a trail and every log file that they name',
    takes: ['<sink>'],
    options: {
      account: { value: 'ID', help: "whose trail (default: the service's own account)" },
      'public-key': { value: 'FILE', help: 'the key to trust, PEM (default: that of the sink)' },
      ...JSON_OPTION,
    },
    more: 'Exit code 1: something is missing, was changed, or is signed with another key.',
    run: withDesk(async (desk, given) => {
      const file = given.text('public-key');
      const pem = file === undefined ? undefined : readFileSync(file, 'utf8');
      const verdict = await desk.verify(sinkOf(given), given.text('account'), pem);
      const { digests, files, problems } = verdict;
      const text = `${digests} digests, ${files} log files, ${problems.length} problems.`;
      new Output(given).tell(verdict, [...problems, text].join('\n'));
      return problems.length === 0 ? EXIT.done : EXIT.failed;
    }),
  },
  {
    name: 'events key',
    summary: 'prints the public key that digests of a trail are verified with',
    takes: ['<sink>'],
    run: withDesk(async (desk, given) => {
      process.stdout.write(desk.publicKey(sinkOf(given)).pem);
      return Promise.resolve(EXIT.done);
    }),
  },
];

type Use = (desk: EventsDesk, given: Given) => Promise<number>;

function withDesk(use: Use): Command['run'] {
  return async (given: Given, commands: Commands) => {
    const desk = await commands.openEvents();
    try {
      return await use(desk, given);
    } finally {
      await desk.close();
    }
  };
}

function sinkOf(given: Given): string {
  return given.args[0] ?? '';
}

type Sinks = Awaited<ReturnType<EventsDesk['sinks']>>;

function tableOf(sinks: Sinks): string {
  const rows = sinks.map(({ name, type, waiting, waitingSince, letters, worker, problem }) => [
    name,
    type ?? '(not in the configuration)',
    String(waiting),
    waitingSince === undefined ? '' : new Date(waitingSince).toISOString(),
    String(letters),
    worker,
    problem,
  ]);
  return aligned([['sink', 'type', 'waiting', 'since', 'dead', 'fed by', 'problem'], ...rows]);
}
