import Checkbox from '@cloudscape-design/components/checkbox';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Multiselect from '@cloudscape-design/components/multiselect';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import type { GeneratorDraft } from '../lib/draft.ts';
import { PlaceField } from '../parts/place-field.tsx';
import type { StepProps } from './step-props.ts';

const optionsOf = (...values: string[]) => values.map((value) => ({ value, label: value }));
const STORAGE_CLASSES = optionsOf(
  ...['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'GLACIER'],
  'DEEP_ARCHIVE',
);
const REPLICATION = optionsOf('COMPLETED', 'FAILED', 'REPLICA', 'NONE');
const ENCRYPTION = [
  { value: '', label: 'Any' },
  { value: 'SSES3', label: 'SSE-S3' },
  { value: 'SSEKMS', label: 'SSE-KMS' },
  { value: 'DSSEKMS', label: 'DSSE-KMS' },
  { value: 'SSEC', label: 'SSE-C' },
  { value: 'NOTSSE', label: 'Not encrypted' },
];

export function GeneratorForm({ draft, set }: StepProps) {
  const { generator } = draft;
  const change = (changes: Partial<GeneratorDraft>): void =>
    set({ generator: { ...generator, ...changes } });
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Source</Header>}>
        <PlaceField
          label="Source bucket"
          bucket={generator.sourceBucket}
          onChange={({ bucket }) => change({ sourceBucket: bucket })}
        />
      </Container>
      <Container
        header={
          <Header variant="h2" description="An object is listed when it passes all of them.">
            Filters
          </Header>
        }
      >
        <SpaceBetween size="m">
          <ColumnLayout columns={3}>
            <Lines
              label="Key prefixes"
              value={generator.prefixes}
              example="photos/2026/"
              onChange={(prefixes) => change({ prefixes })}
            />
            <Lines
              label="Key suffixes"
              value={generator.suffixes}
              example=".jpg"
              onChange={(suffixes) => change({ suffixes })}
            />
            <Lines
              label="Key holds"
              value={generator.substrings}
              example="draft"
              onChange={(substrings) => change({ substrings })}
            />
          </ColumnLayout>
          <ColumnLayout columns={2}>
            <Text
              label="Created after"
              value={generator.createdAfter}
              placeholder="2026-01-01T00:00:00Z"
              onChange={(createdAfter) => change({ createdAfter })}
            />
            <Text
              label="Created before"
              value={generator.createdBefore}
              placeholder="2026-12-31T00:00:00Z"
              onChange={(createdBefore) => change({ createdBefore })}
            />
            <Text
              label="Larger than (bytes)"
              value={generator.sizeGreater}
              onChange={(sizeGreater) => change({ sizeGreater })}
            />
            <Text
              label="Smaller than (bytes)"
              value={generator.sizeLess}
              onChange={(sizeLess) => change({ sizeLess })}
            />
          </ColumnLayout>
          <ExpandableSection headerText="More filters">
            <ColumnLayout columns={2}>
              <Several
                label="Storage classes"
                options={STORAGE_CLASSES}
                values={generator.storageClasses}
                onChange={(storageClasses) => change({ storageClasses })}
              />
              <Several
                label="Replication statuses"
                options={REPLICATION}
                values={generator.replicationStatuses}
                onChange={(replicationStatuses) => change({ replicationStatuses })}
              />
              <FormField
                label="Encryption"
                description="Each object is asked for, which takes a request."
              >
                <Select
                  selectedOption={
                    ENCRYPTION.find(({ value }) => value === generator.encryption) ?? null
                  }
                  options={ENCRYPTION}
                  onChange={({ detail }) =>
                    change({ encryption: detail.selectedOption.value ?? '' })
                  }
                />
              </FormField>
              <Checkbox
                checked={generator.eligibleForReplication}
                onChange={({ detail }) => change({ eligibleForReplication: detail.checked })}
              >
                Only objects that the bucket&apos;s replication configuration covers
              </Checkbox>
            </ColumnLayout>
          </ExpandableSection>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">Generated list</Header>}>
        <SpaceBetween size="m">
          <Checkbox
            checked={generator.isSaved}
            onChange={({ detail }) => change({ isSaved: detail.checked })}
            description="As an S3 Inventory, for other jobs."
          >
            Save the generated list
          </Checkbox>
          {generator.isSaved && (
            <PlaceField
              label="Where to save it"
              bucket={generator.outputBucket}
              prefix={generator.outputPrefix}
              onChange={({ bucket, prefix }) =>
                change({ outputBucket: bucket, outputPrefix: prefix })
              }
            />
          )}
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly onChange: (value: string) => void;
}

function Text({ label, value, placeholder, onChange }: TextProps) {
  return (
    <FormField label={label}>
      <Input
        value={value}
        placeholder={placeholder}
        onChange={({ detail }) => onChange(detail.value.trim())}
      />
    </FormField>
  );
}

interface LinesProps extends TextProps {
  readonly example: string;
}

function Lines({ label, value, example, onChange }: LinesProps) {
  return (
    <FormField label={label} description="One per line; any of them.">
      <Textarea
        value={value}
        rows={2}
        placeholder={example}
        onChange={({ detail }) => onChange(detail.value)}
      />
    </FormField>
  );
}

interface SeveralProps {
  readonly label: string;
  readonly options: { value: string; label: string }[];
  readonly values: readonly string[];
  readonly onChange: (values: string[]) => void;
}

function Several({ label, options, values, onChange }: SeveralProps) {
  return (
    <FormField label={label}>
      <Multiselect
        selectedOptions={options.filter(({ value }) => values.includes(value))}
        options={options}
        placeholder="Any"
        onChange={({ detail }) => onChange(detail.selectedOptions.map(({ value }) => value ?? ''))}
      />
    </FormField>
  );
}
