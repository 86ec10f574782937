/** An object, typed as s3://bucket/key or chosen. */
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useEffect, useState } from 'react';
import { Browser } from './browser.tsx';

interface Props {
  readonly label: string;
  readonly bucket: string;
  readonly objectKey: string;
  readonly onChange: (object: { readonly bucket: string; readonly key: string }) => void;
}

/** A name is looked up when it has stood still. */
const STILL_MS = 400;

export function ObjectField({ label, bucket, objectKey, onChange }: Props) {
  const given = bucket === '' && objectKey === '' ? '' : `s3://${bucket}/${objectKey}`;
  const [text, setText] = useState(given);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setText(given), [given]);
  useEffect(() => {
    if (text === given) return undefined;
    const timer = setTimeout(() => {
      const [, name = '', key = ''] =
        /^(?:s3:\/\/|arn:[^:]*:s3:::)([^/]+)\/(.+)$/s.exec(text.trim()) ?? [];
      if (key !== '' || text === '') onChange({ bucket: name, key });
    }, STILL_MS);
    return () => clearTimeout(timer);
    // `onChange` is another function at each rendering, and the same in what it does.
  }, [text, given]);
  return (
    <FormField label={label}>
      <div className="with-button">
        <Input
          value={text}
          placeholder="s3://bucket/key"
          spellcheck={false}
          onChange={({ detail }) => setText(detail.value)}
        />
        <Button onClick={() => setOpen(true)} ariaLabel={`Browse for ${label}`}>
          Browse
        </Button>
      </div>
      {isOpen && (
        <Browser
          title={label}
          chooses="object"
          start={{ bucket, prefix: objectKey.slice(0, objectKey.lastIndexOf('/') + 1) }}
          onClose={() => setOpen(false)}
          onChoose={(chosen) => {
            setOpen(false);
            onChange(chosen);
          }}
        />
      )}
    </FormField>
  );
}
