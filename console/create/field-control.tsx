/** One parameter of an operation, as a control. */
import AttributeEditor from '@cloudscape-design/components/attribute-editor';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import type { Field, Grant } from '../lib/fields.ts';
import type { Tag } from '../lib/types.ts';
import { PlaceField } from '../parts/place-field.tsx';
import { TagsEditor } from '../parts/tags-editor.tsx';

interface Props {
  readonly field: Field;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

const OBJECT_TAGS_MAX = 10;
const PERMISSIONS = ['READ', 'WRITE', 'READ_ACP', 'WRITE_ACP', 'FULL_CONTROL'];

export function FieldControl({ field, value, onChange }: Props) {
  const text = value === undefined ? '' : String(value);
  const label = field.isRequired ? (
    field.label
  ) : (
    <>
      {field.label} <i>– optional</i>
    </>
  );
  if (field.kind === 'flag') {
    return (
      <Checkbox
        checked={value === true}
        description={field.help}
        onChange={({ detail }) => onChange(detail.checked)}
      >
        {field.label}
      </Checkbox>
    );
  }
  if (field.kind === 'bucket') {
    return (
      <PlaceField
        label={field.label}
        description={field.help}
        bucket={text}
        onChange={({ bucket }) => onChange(bucket)}
      />
    );
  }
  return (
    <FormField
      label={label}
      description={field.help}
      stretch={field.kind === 'tags' || field.kind === 'grants'}
    >
      <Control field={field} value={value} text={text} onChange={onChange} />
    </FormField>
  );
}

type SimpleField = Exclude<Field, { readonly kind: 'flag' | 'bucket' }>;

interface ControlProps extends Props {
  readonly field: SimpleField;
  readonly text: string;
}

function Control({ field, value, text, onChange }: ControlProps) {
  switch (field.kind) {
    case 'choice':
      return (
        <Choice
          options={field.options}
          value={text}
          isRequired={field.isRequired === true}
          onChange={onChange}
        />
      );
    case 'tags':
    case 'map':
      return (
        <TagsEditor
          tags={(value as readonly Tag[] | undefined) ?? []}
          what={field.kind === 'tags' ? 'tag' : 'entry'}
          max={OBJECT_TAGS_MAX}
          onChange={onChange}
        />
      );
    case 'grants':
      return <Grants grants={(value as readonly Grant[] | undefined) ?? []} onChange={onChange} />;
    case 'time':
      return (
        <Input
          value={text}
          placeholder="2027-01-01T00:00:00Z"
          onChange={({ detail }) => onChange(detail.value.trim())}
        />
      );
    case 'number':
      return (
        <Input
          value={text}
          inputMode="numeric"
          onChange={({ detail }) => onChange(detail.value.trim())}
        />
      );
    case 'text':
      return (
        <Input
          value={text}
          placeholder={field.placeholder}
          spellcheck={false}
          onChange={({ detail }) => onChange(detail.value)}
        />
      );
  }
}

interface ChoiceProps {
  readonly options: readonly (readonly [string, string])[];
  readonly value: string;
  readonly isRequired: boolean;
  readonly onChange: (value: string) => void;
}

function Choice({ options, value, isRequired, onChange }: ChoiceProps) {
  const known = options.map(([id, label]) => ({ value: id, label }));
  const all = isRequired ? known : [{ value: '', label: 'Not set' }, ...known];
  return (
    <Select
      selectedOption={all.find((option) => option.value === value) ?? null}
      options={all}
      placeholder="Choose"
      onChange={({ detail }) => onChange(detail.selectedOption.value ?? '')}
    />
  );
}

interface GrantsProps {
  readonly grants: readonly Grant[];
  readonly onChange: (grants: readonly Grant[]) => void;
}

const GRANTEES = [
  { value: 'id', label: 'Canonical user ID' },
  { value: 'uri', label: 'Group URI' },
  { value: 'emailAddress', label: 'E-mail address' },
];

function Grants({ grants, onChange }: GrantsProps) {
  const set = (index: number, changes: Partial<Grant>): void =>
    onChange(grants.map((grant, i) => (i === index ? { ...grant, ...changes } : grant)));
  return (
    <AttributeEditor
      items={grants}
      addButtonText="Add grant"
      removeButtonText="Remove"
      empty="There is no grant."
      onAddButtonClick={() =>
        onChange([...grants, { type: 'id', identifier: '', permission: 'READ' }])
      }
      onRemoveButtonClick={({ detail }) =>
        onChange(grants.filter((_, i) => i !== detail.itemIndex))
      }
      definition={[
        {
          label: 'Grantee',
          control: ({ type }, i) => (
            <Select
              selectedOption={GRANTEES.find(({ value }) => value === type) ?? null}
              options={GRANTEES}
              onChange={({ detail }) => set(i, { type: detail.selectedOption.value ?? 'id' })}
            />
          ),
        },
        {
          label: 'Identifier',
          control: ({ identifier }, i) => (
            <Input
              value={identifier}
              onChange={({ detail }) => set(i, { identifier: detail.value })}
            />
          ),
        },
        {
          label: 'Permission',
          control: ({ permission }, i) => (
            <Select
              selectedOption={{ value: permission, label: permission }}
              options={PERMISSIONS.map((value) => ({ value, label: value }))}
              onChange={({ detail }) =>
                set(i, { permission: detail.selectedOption.value ?? 'READ' })
              }
            />
          ),
        },
      ]}
    />
  );
}
