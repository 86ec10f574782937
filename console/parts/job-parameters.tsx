import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { createJobCommand } from '../lib/command.ts';
import { useSession } from '../lib/session.ts';
import type { JobPage } from '../lib/types.ts';
import { Code } from './code.tsx';

export function JobParameters({ page }: { readonly page: JobPage }) {
  const { job, tags } = page;
  const { account } = useSession();
  const { ConfirmationRequired, Description, Operation, Manifest, ManifestGenerator } = job;
  const { Report, Priority, RoleArn } = job;
  const request = {
    AccountId: account,
    ConfirmationRequired,
    Description,
    Operation,
    Manifest,
    ManifestGenerator,
    Report,
    Priority,
    RoleArn,
    ...(tags.length > 0 ? { Tags: tags } : {}),
  };
  return (
    <SpaceBetween size="m">
      <Container
        header={
          <Header variant="h2" description="The same job, made by the aws cli.">
            Command
          </Header>
        }
      >
        <Code text={createJobCommand(job, tags, account, location.origin)} what="command" />
      </Container>
      <Container
        header={
          <Header variant="h2" description="For create-job --cli-input-json.">
            JSON
          </Header>
        }
      >
        <Code text={JSON.stringify(request, null, 2)} what="JSON" />
      </Container>
    </SpaceBetween>
  );
}
