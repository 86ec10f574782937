/** What can be done to a job, each with its confirmation. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useFlash } from '../lib/flash.ts';
import { change } from '../lib/http.ts';
import { go } from '../lib/router.ts';
import { actionsOf, isEnded } from '../lib/status.ts';
import type { JobPage } from '../lib/types.ts';

type Action = 'pause' | 'resume' | 'cancel' | 'priority';

interface Props {
  readonly page: JobPage;
  readonly onChanged: () => void;
}

export function JobActions({ page, onChanged }: Props) {
  const { job, isPausedByUser } = page;
  const [asked, setAsked] = useState<Action>();
  const may = actionsOf(job.Status, isPausedByUser);
  const canRetry =
    isEnded(job.Status) && job.Report.Enabled && job.ProgressSummary.NumberOfTasksFailed > 0;
  return (
    <SpaceBetween size="xs" direction="horizontal">
      {may.run && (
        <Button variant="primary" onClick={() => go(`/jobs/${job.JobId}/run`)}>
          Run job
        </Button>
      )}
      {may.pause && <Button onClick={() => setAsked('pause')}>Pause</Button>}
      {may.resume && (
        <Button variant="primary" onClick={() => setAsked('resume')}>
          Resume
        </Button>
      )}
      {may.cancel && <Button onClick={() => setAsked('cancel')}>Cancel job</Button>}
      {canRetry && <Button onClick={() => go(`/create?retry=${job.JobId}`)}>Retry failed</Button>}
      <ButtonDropdown
        items={[
          { id: 'clone', text: 'Clone job' },
          { id: 'priority', text: 'Update priority', disabled: !may.priority },
          { id: 'tags', text: 'Edit tags' },
        ]}
        onItemClick={({ detail }) => {
          if (detail.id === 'clone') go(`/create?clone=${job.JobId}`);
          else if (detail.id === 'tags') go(`/jobs/${job.JobId}?tab=tags`);
          else setAsked('priority');
        }}
      >
        Actions
      </ButtonDropdown>
      {asked && (
        <Confirmation
          page={page}
          action={asked}
          onClose={(isDone) => {
            setAsked(undefined);
            if (isDone) onChanged();
          }}
        />
      )}
    </SpaceBetween>
  );
}

const WORDS: Readonly<
  Record<Action, { title: string; says: string; button: string; done: string }>
> = {
  pause: {
    title: 'Pause this job?',
    says: 'No new task begins; those in flight are finished and recorded. Resume lets it go on where it was.',
    button: 'Pause',
    done: 'The job is being paused.',
  },
  resume: {
    title: 'Resume this job?',
    says: 'It goes on where it was, when it is its turn.',
    button: 'Resume',
    done: 'The job goes on.',
  },
  cancel: {
    title: 'Cancel this job?',
    says: 'No new task begins. Tasks that ran are not undone, and a cancelled job cannot be resumed. Its report lists what ran.',
    button: 'Cancel job',
    done: 'The job is being cancelled.',
  },
  priority: {
    title: 'Update priority',
    says: 'Jobs of higher priority go first, and may pause those of lower priority.',
    button: 'Update priority',
    done: 'The priority was updated.',
  },
};

interface ConfirmationProps {
  readonly page: JobPage;
  readonly action: Action;
  readonly onClose: (isDone: boolean) => void;
}

function Confirmation({ page: { job }, action, onClose }: ConfirmationProps) {
  const tell = useFlash();
  const [reason, setReason] = useState('');
  const [priority, setPriority] = useState(String(job.Priority));
  const [error, setError] = useState('');
  const [isBusy, setBusy] = useState(false);
  const { title, says, button, done } = WORDS[action];
  const isPriority = action === 'priority';
  const isValid = !isPriority || /^\d{1,10}$/.test(priority);

  const act = async (): Promise<void> => {
    setBusy(true);
    try {
      if (isPriority) await change('POST', `jobs/${job.JobId}/priority`, { priority });
      else {
        const status = { pause: 'Paused', resume: 'Ready', cancel: 'Cancelled' }[action];
        await change('POST', `jobs/${job.JobId}/status`, { status, reason });
      }
      tell({ type: 'success', header: done });
      onClose(true);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };

  return (
    <Modal
      visible
      header={title}
      onDismiss={() => onClose(false)}
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button variant="link" onClick={() => onClose(false)}>
              {action === 'cancel' ? 'Keep it running' : 'Back'}
            </Button>
            <Button
              variant="primary"
              loading={isBusy}
              disabled={!isValid}
              onClick={() => void act()}
            >
              {button}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {error !== '' && <Alert type="error">{error}</Alert>}
        <div>{says}</div>
        {isPriority ? (
          <FormField label="Priority" errorText={isValid ? '' : 'A whole number, 0 or more.'}>
            <Input
              value={priority}
              inputMode="numeric"
              onChange={({ detail }) => setPriority(detail.value)}
            />
          </FormField>
        ) : (
          action === 'cancel' && (
            <FormField label="Reason" description="Optional; kept with the job.">
              <Input
                value={reason}
                onChange={({ detail }) => setReason(detail.value.slice(0, 256))}
              />
            </FormField>
          )
        )}
      </SpaceBetween>
    </Modal>
  );
}
