/** Create job: the wizard's frame, and where a draft begins: empty, from a job, or from its failures. */
import Alert from '@cloudscape-design/components/alert';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Wizard from '@cloudscape-design/components/wizard';
import { useEffect, useMemo, useState } from 'react';
import { draftOfJob, lostInClone, retryOfJob } from '../lib/clone.ts';
import { type Draft, emptyDraft, problemsOf } from '../lib/draft.ts';
import { useFlash } from '../lib/flash.ts';
import { CallFailed, change, get } from '../lib/http.ts';
import { requestOf } from '../lib/request.ts';
import { go, useQuery } from '../lib/router.ts';
import { useSession } from '../lib/session.ts';
import { newToken } from '../lib/token.ts';
import type { JobPage, ReportRows } from '../lib/types.ts';
import { Failure, Loading } from '../parts/states.tsx';
import { ListStep } from './list-step.tsx';
import { OperationStep } from './operation-step.tsx';
import { OptionsStep } from './options-step.tsx';
import { Review } from './review.tsx';

const STEPS = ['list', 'operation', 'options'] as const;
const REVIEW = STEPS.length;

export function CreatePage() {
  const { account } = useSession();
  const [query] = useQuery();
  const [clone, retry] = [query.get('clone'), query.get('retry')];
  const [begun, setBegun] = useState<Start | CallFailed>();
  useEffect(() => {
    setBegun(undefined);
    begin(clone, retry, account).then(setBegun, (error: unknown) =>
      setBegun(error instanceof CallFailed ? error : new CallFailed(0, 'Error', String(error))),
    );
  }, [clone, retry, account]);
  if (begun instanceof CallFailed) return <Failure error={begun} what="The job to start from" />;
  if (!begun) return <Loading what="the job to start from" />;
  const from = clone ?? retry ?? '';
  return <Steps key={from} start={begun} firstStep={from === '' ? 0 : REVIEW} />;
}

interface Start {
  readonly draft: Draft;
  /** Parameters of the job that it came from which the wizard cannot carry over. */
  readonly lost: readonly string[];
}

async function begin(clone: string | null, retry: string | null, account: string): Promise<Start> {
  const from = clone ?? retry;
  if (from === null) return { draft: emptyDraft(account), lost: [] };
  const { job, tags } = await get<JobPage>(`jobs/${encodeURIComponent(from)}`);
  const lost = lostInClone(job, tags, account);
  if (retry === null) return { draft: await fresh(draftOfJob(job, tags, account)), lost };
  const { bucket, key, etag } = await get<ReportRows>(`jobs/${job.JobId}/report?size=1`);
  if (!bucket || !key || !etag) {
    throw new CallFailed(
      0,
      'NoReport',
      'The job has no completion report to take its failed tasks from.',
    );
  }
  const draft = retryOfJob(job, tags, { bucket, key, etag }, account);
  return { draft, lost: lost.filter((path) => !path.startsWith('Manifest')) };
}

/** With the manifest's present ETag: a clone is about the list as it is now. */
async function fresh(draft: Draft): Promise<Draft> {
  if (draft.list === 'generated' || draft.versionId !== '') return draft;
  try {
    const object = `object?bucket=${encodeURIComponent(draft.bucket)}&key=${encodeURIComponent(draft.key)}`;
    return { ...draft, etag: (await get<{ etag: string }>(object)).etag };
  } catch {
    // The first step shows that it is gone.
    return { ...draft, etag: '' };
  }
}

function Steps({ start, firstStep }: { readonly start: Start; readonly firstStep: number }) {
  const { account } = useSession();
  const tell = useFlash();
  const [draft, setDraft] = useState(start.draft);
  const [step, setStep] = useState(firstStep);
  const [wasAsked, setAsked] = useState(false);
  const [error, setError] = useState('');
  const [isBusy, setBusy] = useState(false);
  // One token per wizard: a second click, or a retry after a lost answer, makes no second job.
  const token = useMemo(() => newToken(), []);
  const set = (changes: Partial<Draft>): void => setDraft((before) => ({ ...before, ...changes }));

  const problems = STEPS.map((name) => problemsOf(draft, name));
  const submit = async (): Promise<void> => {
    const open = problems.findIndex((list) => list.length > 0);
    if (open >= 0) {
      setAsked(true);
      setStep(open);
      return;
    }
    setBusy(true);
    setError('');
    try {
      const request = requestOf(draft, token, account);
      const { jobId } = await change<{ jobId: string }>('POST', 'jobs', request);
      go(`/jobs/${jobId}`);
      tell({
        type: 'success',
        header: 'The job was created.',
        content: 'Its list is being read. When that is done, it waits until you choose Run job.',
      });
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };

  const shown = step < REVIEW && wasAsked ? (problems[step] ?? []) : [];
  const about = (
    <SpaceBetween size="s">
      {shown.length > 0 && (
        <Alert type="error" header="This step is not complete">
          {shown.map((problem) => (
            <div key={problem}>{problem}</div>
          ))}
        </Alert>
      )}
      {step === REVIEW && start.lost.length > 0 && (
        <Alert type="warning" header="Not everything of the job is in this one">
          The wizard has no fields for {start.lost.join(', ')}. The command under Parameters of the
          job has them.
        </Alert>
      )}
      {step === REVIEW && error !== '' && (
        <Alert type="error" header="The job was not created">
          {error.split('; ').map((line) => (
            <div key={line}>{line}</div>
          ))}
        </Alert>
      )}
    </SpaceBetween>
  );
  const props = { draft, set };
  return (
    <Wizard
      activeStepIndex={step}
      isLoadingNextStep={isBusy}
      submitButtonText="Create job"
      onCancel={() => go('/jobs')}
      onSubmit={() => void submit()}
      onNavigate={({ detail }) => {
        const isOpen = detail.reason === 'next' && (problems[step]?.length ?? 0) > 0;
        setAsked(isOpen);
        if (!isOpen) setStep(detail.requestedStepIndex);
      }}
      steps={[
        {
          title: 'Choose the list of objects',
          description: 'The operation runs on every object of this list.',
          content: (
            <SpaceBetween size="l">
              {about}
              <ListStep {...props} />
            </SpaceBetween>
          ),
        },
        {
          title: 'Choose operation',
          content: (
            <SpaceBetween size="l">
              {about}
              <OperationStep {...props} />
            </SpaceBetween>
          ),
        },
        {
          title: 'Configure additional options',
          content: (
            <SpaceBetween size="l">
              {about}
              <OptionsStep {...props} />
            </SpaceBetween>
          ),
        },
        {
          title: 'Review',
          content: (
            <SpaceBetween size="l">
              {about}
              <Review draft={draft} onEdit={setStep} />
            </SpaceBetween>
          ),
        },
      ]}
    />
  );
}
