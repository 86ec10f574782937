import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { CallFailed, change } from '../lib/http.ts';
import type { Principal } from '../lib/types.ts';

interface Props {
  readonly isExpired: boolean;
  readonly onSignedIn: (principal: Principal) => void;
}

export function SignIn({ isExpired, onSignedIn }: Props) {
  const [accessKeyId, setAccessKeyId] = useState('');
  const [secretAccessKey, setSecret] = useState('');
  const [error, setError] = useState('');
  const [isBusy, setBusy] = useState(false);

  const signIn = async (): Promise<void> => {
    setBusy(true);
    setError('');
    try {
      onSignedIn(await change<Principal>('POST', 'session', { accessKeyId, secretAccessKey }));
    } catch (failure) {
      setError(failure instanceof CallFailed ? failure.message : String(failure));
    } finally {
      // Whatever came of it: the page does not keep the secret.
      setSecret('');
      setBusy(false);
    }
  };

  return (
    <main className="narrow">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void signIn();
        }}
      >
        <SpaceBetween size="l">
          <Box textAlign="center">
            <img src="/console/favicon.svg" alt="" width="56" height="56" />
            <Box variant="h1">Bucket Brigade</Box>
            <Box color="text-body-secondary">Batch Operations for every S3-compatible store</Box>
          </Box>
          {isExpired && error === '' && (
            <Alert type="info">
              Your session has ended. Sign in again to go on where you were.
            </Alert>
          )}
          {error !== '' && <Alert type="error">{error}</Alert>}
          <Container header={<Header variant="h2">Sign in</Header>}>
            <Form
              actions={
                <Button
                  variant="primary"
                  formAction="submit"
                  loading={isBusy}
                  disabled={accessKeyId === '' || secretAccessKey === ''}
                >
                  Sign in
                </Button>
              }
            >
              <SpaceBetween size="m">
                <FormField
                  label="Access key ID"
                  description="A key of this service: npm start printed the first one."
                >
                  <Input
                    value={accessKeyId}
                    onChange={({ detail }) => setAccessKeyId(detail.value.trim())}
                    autoFocus
                    autoComplete="username"
                    spellcheck={false}
                  />
                </FormField>
                <FormField
                  label="Secret access key"
                  description="Checked by the service, and not kept in this browser. If it was not noted: root-key.json in the data folder."
                >
                  <Input
                    type="password"
                    value={secretAccessKey}
                    onChange={({ detail }) => setSecret(detail.value.trim())}
                    autoComplete="current-password"
                  />
                </FormField>
              </SpaceBetween>
            </Form>
          </Container>
        </SpaceBetween>
      </form>
    </main>
  );
}
