/** Keys and values, any number of them. */
import AttributeEditor from '@cloudscape-design/components/attribute-editor';
import Input from '@cloudscape-design/components/input';
import type { Tag } from '../lib/types.ts';

interface Props {
  readonly tags: readonly Tag[];
  readonly onChange: (tags: readonly Tag[]) => void;
  readonly what?: string;
  readonly max: number;
}

export function TagsEditor({ tags, onChange, what = 'tag', max }: Props) {
  const set = (index: number, changes: Partial<Tag>): void =>
    onChange(tags.map((tag, i) => (i === index ? { ...tag, ...changes } : tag)));
  return (
    <AttributeEditor
      items={tags}
      addButtonText={`Add ${what}`}
      removeButtonText="Remove"
      removeButtonAriaLabel={(tag) => `Remove ${what} ${tag.Key}`}
      disableAddButton={tags.length >= max}
      empty={`There is no ${what}.`}
      onAddButtonClick={() => onChange([...tags, { Key: '', Value: '' }])}
      onRemoveButtonClick={({ detail }) => onChange(tags.filter((_, i) => i !== detail.itemIndex))}
      definition={[
        {
          label: 'Key',
          control: ({ Key }, i) => (
            <Input
              value={Key}
              ariaLabel={`Key of ${what} ${i + 1}`}
              onChange={({ detail }) => set(i, { Key: detail.value })}
            />
          ),
        },
        {
          label: 'Value',
          control: ({ Value }, i) => (
            <Input
              value={Value}
              ariaLabel={`Value of ${what} ${i + 1}`}
              onChange={({ detail }) => set(i, { Value: detail.value })}
            />
          ),
        },
      ]}
    />
  );
}
