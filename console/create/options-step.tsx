import Checkbox from '@cloudscape-design/components/checkbox';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { PlaceField } from '../parts/place-field.tsx';
import { TagsEditor } from '../parts/tags-editor.tsx';
import type { StepProps } from './step-props.ts';

const TAGS_MAX = 46;

export function OptionsStep({ draft, set }: StepProps) {
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Job</Header>}>
        <SpaceBetween size="m">
          <FormField label="Description" description="To find it again in the list of jobs.">
            <Input
              value={draft.description}
              onChange={({ detail }) => set({ description: detail.value.slice(0, 256) })}
            />
          </FormField>
          <FormField label="Priority" description="Jobs with a higher number go first.">
            <Input
              value={draft.priority}
              inputMode="numeric"
              onChange={({ detail }) => set({ priority: detail.value.trim() })}
            />
          </FormField>
          <Checkbox
            checked={draft.isDryRun}
            description="Every task only tells what it would meet; nothing is changed. It cannot be turned into a real run later: clone it."
            onChange={({ detail }) => set({ isDryRun: detail.checked })}
          >
            Dry run
          </Checkbox>
        </SpaceBetween>
      </Container>
      <ReportForm draft={draft} set={set} />
      <Container
        header={
          <Header
            variant="h2"
            description="Empty: as fast as the store takes it; when it says SlowDown, the job slows down."
          >
            Limits
          </Header>
        }
      >
        <ColumnLayout columns={3}>
          <Limit
            label="Tasks per second"
            value={draft.maxTasksPerSecond}
            onChange={(maxTasksPerSecond) => set({ maxTasksPerSecond })}
          />
          <Limit
            label="Tasks at once"
            value={draft.concurrency}
            onChange={(concurrency) => set({ concurrency })}
          />
          <Limit
            label="Seconds for one task"
            value={draft.taskTimeout}
            onChange={(taskTimeout) => set({ taskTimeout })}
          />
        </ColumnLayout>
      </Container>
      <Container header={<Header variant="h2">Permissions</Header>}>
        <FormField
          label="Role ARN"
          description="AWS requires one. Here jobs work with the credentials that the service was configured with."
        >
          <Input
            value={draft.role}
            spellcheck={false}
            onChange={({ detail }) => set({ role: detail.value.trim() })}
          />
        </FormField>
      </Container>
      <Container header={<Header variant="h2">Job tags</Header>}>
        <TagsEditor tags={draft.tags} onChange={(tags) => set({ tags })} max={TAGS_MAX} />
      </Container>
    </SpaceBetween>
  );
}

function ReportForm({ draft, set }: StepProps) {
  return (
    <Container header={<Header variant="h2">Completion report</Header>}>
      <SpaceBetween size="m">
        <Checkbox
          checked={draft.reportEnabled}
          description="Which tasks failed and why is known afterwards by its rows only, and Retry failed needs them."
          onChange={({ detail }) => set({ reportEnabled: detail.checked })}
        >
          Generate completion report
        </Checkbox>
        {draft.reportEnabled && (
          <SpaceBetween size="m">
            <FormField label="Scope">
              <RadioGroup
                value={draft.reportScope}
                onChange={({ detail }) =>
                  set({ reportScope: detail.value === 'AllTasks' ? 'AllTasks' : 'FailedTasksOnly' })
                }
                items={[
                  { value: 'FailedTasksOnly', label: 'Failed tasks only' },
                  { value: 'AllTasks', label: 'All tasks' },
                ]}
              />
            </FormField>
            <PlaceField
              label="Report destination"
              bucket={draft.reportBucket}
              prefix={draft.reportPrefix}
              onChange={({ bucket, prefix }) => set({ reportBucket: bucket, reportPrefix: prefix })}
            />
          </SpaceBetween>
        )}
      </SpaceBetween>
    </Container>
  );
}

interface LimitProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Limit({ label, value, onChange }: LimitProps) {
  return (
    <FormField label={label}>
      <Input
        value={value}
        inputMode="decimal"
        placeholder="No limit"
        onChange={({ detail }) => onChange(detail.value.trim())}
      />
    </FormField>
  );
}
