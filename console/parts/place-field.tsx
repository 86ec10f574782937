/** A bucket, and perhaps a prefix in it, typed or chosen. */
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { Browser } from './browser.tsx';

interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

interface Props {
  readonly label: string;
  readonly description?: string;
  readonly bucket: string;
  /** Absent: only a bucket is asked for. */
  readonly prefix?: string;
  readonly onChange: (place: Place) => void;
}

export function PlaceField({ label, description, bucket, prefix, onChange }: Props) {
  const [isOpen, setOpen] = useState(false);
  const hasPrefix = prefix !== undefined;
  const text = hasPrefix ? `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}` : bucket;
  const isEmpty = bucket === '' && !prefix;
  return (
    <FormField label={label} description={description}>
      <div className="with-button">
        <Input
          value={isEmpty && hasPrefix ? '' : text}
          placeholder={hasPrefix ? 's3://bucket/prefix' : 'bucket'}
          spellcheck={false}
          onChange={({ detail }) =>
            onChange(hasPrefix ? placeOf(detail.value) : { bucket: bare(detail.value), prefix: '' })
          }
        />
        <Button onClick={() => setOpen(true)} ariaLabel={`Browse for ${label}`}>
          Browse
        </Button>
      </div>
      {isOpen && (
        <Browser
          title={label}
          chooses={hasPrefix ? 'prefix' : 'bucket'}
          start={{ bucket, prefix: '' }}
          onClose={() => setOpen(false)}
          onChoose={(chosen) => {
            setOpen(false);
            onChange({
              bucket: chosen.bucket,
              prefix: hasPrefix ? chosen.key.replace(/\/$/, '') || prefix : '',
            });
          }}
        />
      )}
    </FormField>
  );
}

function placeOf(text: string): Place {
  const [bucket = '', ...rest] = bareS3(text).split('/');
  return { bucket, prefix: rest.join('/') };
}

function bareS3(text: string): string {
  return text
    .trim()
    .replace(/^(s3:\/\/|arn:[^:]*:s3:::)/, '')
    .replace(/^s3:?\/?$/, '');
}

function bare(text: string): string {
  return bareS3(text).split('/')[0] ?? '';
}
