import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useFlash } from '../lib/flash.ts';
import { change } from '../lib/http.ts';
import type { JobPage, Tag } from '../lib/types.ts';
import { TagsEditor } from './tags-editor.tsx';

interface Props {
  readonly page: JobPage;
  readonly onChanged: () => void;
}

const TAGS_MAX = 50;

export function JobTags({ page, onChanged }: Props) {
  const { job, tags } = page;
  const tell = useFlash();
  const [edited, setEdited] = useState<readonly Tag[]>();
  const [error, setError] = useState('');
  const [isBusy, setBusy] = useState(false);

  const save = async (): Promise<void> => {
    setBusy(true);
    setError('');
    try {
      await change('PUT', `jobs/${job.JobId}/tags`, { Tags: edited });
      tell({ type: 'success', header: 'The tags were saved.' });
      setEdited(undefined);
      onChanged();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };

  const description =
    'Tags with the prefix brigade: are options, such as brigade:max-tasks-per-second. They take effect within seconds.';
  if (edited === undefined) {
    return (
      <Container
        header={
          <Header
            variant="h2"
            counter={`(${tags.length})`}
            description={description}
            actions={<Button onClick={() => setEdited(tags)}>Edit tags</Button>}
          >
            Tags
          </Header>
        }
      >
        {tags.length === 0 ? (
          <Box color="text-body-secondary">This job has no tags.</Box>
        ) : (
          <KeyValuePairs
            columns={3}
            items={tags.map(({ Key, Value }) => ({ label: Key, value: Value || '–' }))}
          />
        )}
      </Container>
    );
  }
  return (
    <Container
      header={
        <Header variant="h2" description={description}>
          Edit tags
        </Header>
      }
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button variant="link" onClick={() => setEdited(undefined)}>
              Cancel
            </Button>
            <Button variant="primary" loading={isBusy} onClick={() => void save()}>
              Save tags
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="s">
        {error !== '' && <Alert type="error">{error}</Alert>}
        <TagsEditor tags={edited} onChange={setEdited} max={TAGS_MAX} />
      </SpaceBetween>
    </Container>
  );
}
