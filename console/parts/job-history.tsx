import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import Steps from '@cloudscape-design/components/steps';
import * as format from '../lib/format.ts';
import { STATUS } from '../lib/status.ts';
import type { JobPage } from '../lib/types.ts';

/** Every status that the job had, and for how long. */
export function History({ page }: { readonly page: JobPage }) {
  const { events, now } = page;
  const steps = events.map(({ at, status, reason }, i) => {
    const next = events[i + 1]?.at;
    const isLast = next === undefined;
    const { kind, label, says } = STATUS[status];
    const lasted = isLast ? undefined : `for ${format.elapsed(next - at)}`;
    return {
      status: isLast ? kind : ('success' as const),
      header: label,
      details: (
        <Box variant="small">
          {[format.time(at), lasted, reason].filter(Boolean).join(' · ')}
          {isLast &&
            kind === 'in-progress' &&
            ` · for ${format.duration((now - at) / 1000)} so far`}
          {isLast && <div>{says}</div>}
        </Box>
      ),
    };
  });
  return (
    <Container header={<Header variant="h2">History</Header>}>
      <Steps steps={steps} ariaLabel="Statuses of the job, oldest first" />
    </Container>
  );
}
