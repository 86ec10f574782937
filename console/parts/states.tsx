/** What stands where data will be: loading, failed. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Spinner from '@cloudscape-design/components/spinner';
import type { CallFailed } from '../lib/http.ts';

export function Loading({ what }: { readonly what: string }) {
  return (
    <Box padding="xxl" textAlign="center" color="text-status-inactive">
      <div role="status">
        <Spinner /> Loading {what}
      </div>
    </Box>
  );
}

interface FailureProps {
  readonly error: CallFailed;
  readonly what: string;
  readonly onRetry?: () => void;
}

export function Failure({ error, what, onRetry }: FailureProps) {
  return (
    <Alert
      type="error"
      header={`${what} could not be loaded`}
      action={onRetry && <Button onClick={onRetry}>Try again</Button>}
    >
      {error.message}
    </Alert>
  );
}

/** Data that is shown is older than it looks. */
export function Stale({ error }: { readonly error: CallFailed | undefined }) {
  if (!error) return null;
  return (
    <Alert type="warning" header="This is not up to date">
      {error.message} What is shown is the last that was heard; the page keeps asking.
    </Alert>
  );
}
