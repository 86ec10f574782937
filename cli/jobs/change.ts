/** `brigade jobs confirm`, `cancel`, `pause`, `resume`, `priority` and `tags`. */
import type { RequestedJobStatus } from '@aws-sdk/client-s3-control';
import type { RequestedStatus } from '../../src/model/vocabulary.ts';
import { CommandError, UsageError, type Command, type Options } from '../command.ts';
import { connectControl, CONTROL_OPTIONS } from '../connection.ts';
import { EXIT } from '../exit-codes.ts';
import { Output } from '../output.ts';
import { lacking } from '../request.ts';
import { describe } from './look.ts';

const ID = '6ad3b320-f488-424b-a358-d32fb9f9bbfc';

const confirm = statusCommand('confirm', 'lets a job run that waits for confirmation', 'Ready', {
  refuse: (status) =>
    status === 'Paused' || status === 'Pausing'
      ? 'it is paused: brigade jobs resume lets it go on'
      : '',
});
const cancel = statusCommand('cancel', 'ends a job; what is done stays done', 'Cancelled', {
  options: { reason: { value: 'TEXT', help: 'why, for the record' } },
  example: ' --reason "wrong bucket"',
});
const pause = statusCommand('pause', 'lets a job rest, until it is resumed', 'Paused', {
  ours: 'pausing a job',
});
const resume = statusCommand('resume', 'lets a paused job go on', 'Ready', {
  ours: 'pausing and resuming a job',
  // Ready would confirm a job that nobody has confirmed yet.
  refuse: (status) =>
    status === 'Suspended' ? 'it waits for its confirmation: brigade jobs confirm gives it' : '',
});

interface Special {
  readonly options?: Options;
  readonly example?: string;
  /** What AWS has not. */
  readonly ours?: string;
  /** Why a job of this status is not meant; empty: it may be. */
  readonly refuse?: (status: string) => string;
}

function statusCommand(
  verb: string,
  summary: string,
  requested: RequestedStatus,
  { options = {}, example = '', ours, refuse }: Special,
): Command {
  return {
    name: `jobs ${verb}`,
    summary,
    takes: ['<job-id>'],
    options: { ...options, ...CONTROL_OPTIONS },
    examples: [`brigade jobs ${verb} ${ID}${example}`],
    async run(given, commands) {
      const { UpdateJobStatusCommand } = await import('@aws-sdk/client-s3-control');
      const control = await connectControl(given, commands);
      if (ours !== undefined && control.isAws) throw lacking(ours);
      const id = given.args[0] ?? '';
      if (refuse) {
        const why = refuse((await describe(control, id)).Status ?? '');
        if (why !== '') throw new CommandError(`${id}: ${why}.`);
      }
      const reason = given.text('reason');
      const answer = await control.client.send(
        new UpdateJobStatusCommand({
          AccountId: control.account,
          JobId: id,
          // Paused is none of AWS's; the SDK sends what it is given, and our API knows it.
          RequestedJobStatus: requested as RequestedJobStatus,
          ...(reason === undefined ? {} : { StatusUpdateReason: reason }),
        }),
      );
      new Output(given).tell({ id, status: answer.Status }, `${id} is ${answer.Status}.`);
      return EXIT.done;
    },
  };
}

const priority: Command = {
  name: 'jobs priority',
  summary: 'changes the priority of a job; higher numbers run first',
  takes: ['<job-id>', '<number>'],
  options: CONTROL_OPTIONS,
  examples: [`brigade jobs priority ${ID} 100`],
  async run(given, commands) {
    const { UpdateJobPriorityCommand } = await import('@aws-sdk/client-s3-control');
    const [id = '', text = ''] = given.args;
    if (!/^\d{1,10}$/.test(text)) {
      throw new UsageError(`the priority must be a whole number, not "${text}".`);
    }
    const { client, account } = await connectControl(given, commands);
    const answer = await client.send(
      new UpdateJobPriorityCommand({ AccountId: account, JobId: id, Priority: Number(text) }),
    );
    const { Priority } = answer;
    new Output(given).tell({ id, priority: Priority }, `${id} has the priority ${Priority}.`);
    return EXIT.done;
  },
};

const tags: Command = {
  name: 'jobs tags',
  summary: 'shows or changes the tags of a job; brigade: tags are options, such as its rate',
  takes: ['<job-id>'],
  options: {
    set: { value: 'KEY=VALUE', help: 'a tag to add or replace', isMany: true },
    remove: { value: 'KEY', help: 'a tag to remove', isMany: true },
    ...CONTROL_OPTIONS,
  },
  examples: [
    `brigade jobs tags ${ID}`,
    `brigade jobs tags ${ID} --set brigade:max-tasks-per-second=50 --remove draft`,
  ],
  async run(given, commands) {
    const sdk = await import('@aws-sdk/client-s3-control');
    const set = given.pairs('set');
    const control = await connectControl(given, commands);
    const job = { AccountId: control.account, JobId: given.args[0] ?? '' };
    const gone = [...given.many('remove'), ...set.map(({ Key }) => Key)];
    const ours = gone.find((key) => key.startsWith('brigade:'));
    if (control.isAws && ours !== undefined) throw lacking(`the option ${ours}`);
    const { Tags: known = [] } = await control.client.send(new sdk.GetJobTaggingCommand(job));
    const Tags = [...known.filter(({ Key = '' }) => !gone.includes(Key)), ...set];
    if (gone.length > 0) await control.client.send(new sdk.PutJobTaggingCommand({ ...job, Tags }));
    const lines = Tags.map(({ Key, Value }) => `${Key}=${Value}`);
    new Output(given).tell(
      { id: job.JobId, tags: Tags },
      lines.length === 0 ? 'It has no tags.' : lines.join('\n'),
    );
    return EXIT.done;
  },
};

export const CHANGE: readonly Command[] = [confirm, cancel, pause, resume, priority, tags];
