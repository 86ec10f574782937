/** Create job: the wizard's frame, and where a draft begins: empty, from a job, or from its failures. */
import Alert from '@cloudscape-design/components/alert';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Wizard from '@cloudscape-design/components/wizard';
import { useEffect, useState } from 'react';
import { draftOfJob, lostInClone, retryOfJob } from '../lib/clone.ts';
import { type Draft, emptyDraft, problemsOf } from '../lib/draft.ts';
import { useFlash } from '../lib/flash.ts';
import { CallFailed, change, get } from '../lib/http.ts';
import { requestOf } from '../lib/request.ts';
import { type Kept, keep, keptDraft } from '../lib/kept-draft.ts';
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
  const { account, accessKeyId } = useSession();
  const [query] = useQuery();
  const [clone, retry] = [query.get('clone'), query.get('retry')];
  const search = query.toString();
  const [begun, setBegun] = useState<{ search: string; start: Kept | CallFailed }>();
  useEffect(() => {
    const begins = (start: Kept | CallFailed): void => setBegun({ search, start });
    const kept = keptDraft(accessKeyId, search);
    if (kept) return begins(kept);
    begin(clone, retry, account).then(begins, (error: unknown) =>
      begins(error instanceof CallFailed ? error : new CallFailed(0, 'Error', String(error))),
    );
  }, [search, account, accessKeyId]);
  // What began under another address is another wizard's.
  const start = begun?.search === search ? begun.start : undefined;
  if (start instanceof CallFailed) return <Failure error={start} what="The job to start from" />;
  if (!start) return <Loading what="the job to start from" />;
  return <Steps key={search} start={start} search={search} />;
}

async function begin(clone: string | null, retry: string | null, account: string): Promise<Kept> {
  const from = clone ?? retry;
  // One token per wizard: a second click, or a retry after a lost answer, makes no second job.
  const token = newToken();
  if (from === null) return { draft: emptyDraft(account), step: 0, token, lost: [] };
  const { job, tags } = await get<JobPage>(`jobs/${encodeURIComponent(from)}`);
  const lost = lostInClone(job, tags, account);
  if (retry === null) {
    return { draft: await fresh(draftOfJob(job, tags, account)), step: REVIEW, token, lost };
  }
  const { bucket, key, etag } = await get<ReportRows>(`jobs/${job.JobId}/report?size=1`);
  if (!bucket || !key || !etag) {
    throw new CallFailed(
      0,
      'NoReport',
      'The job has no completion report to take its failed tasks from.',
    );
  }
  const draft = retryOfJob(job, tags, { bucket, key, etag }, account);
  const others = lost.filter((path) => !path.startsWith('Manifest'));
  return { draft, step: REVIEW, token, lost: others };
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

function Steps({ start, search }: { readonly start: Kept; readonly search: string }) {
  const { account, accessKeyId } = useSession();
  const tell = useFlash();
  const [draft, setDraft] = useState(start.draft);
  const [step, setStep] = useState(start.step);
  const [wasAsked, setAsked] = useState(false);
  const [error, setError] = useState('');
  const [isBusy, setBusy] = useState(false);
  const { token, lost } = start;
  useEffect(
    () => keep({ draft, step, token, lost }, accessKeyId, search),
    [draft, step, accessKeyId],
  );
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
      {step === REVIEW && lost.length > 0 && (
        <Alert type="warning" header="Not everything of the job is in this one">
          The wizard has no fields for {lost.join(', ')}. The command under Parameters of the job
          has them.
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
