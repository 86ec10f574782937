import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs, {
  type KeyValuePairsProps,
} from '@cloudscape-design/components/key-value-pairs';
import * as format from '../lib/format.ts';
import { formOfOperation } from '../lib/operations.ts';
import type { Job, JobPage } from '../lib/types.ts';

export function JobOverview({ page }: { readonly page: JobPage }) {
  const { job, workers } = page;
  const { form } = formOfOperation(job.Operation);
  const pairs: KeyValuePairsProps.Item[] = [
    { label: 'Operation', value: form?.title ?? Object.keys(job.Operation)[0] },
    { label: 'Priority', value: format.count(job.Priority) },
    { label: 'Bucket of the objects', value: page.bucket ?? 'Known once the list has been read' },
    { label: 'List of objects', value: <span className="key">{listOf(job)}</span> },
    { label: 'Completion report', value: reportOf(job) },
    { label: 'Role ARN', value: <span className="key">{job.RoleArn}</span> },
    { label: 'Date created', value: format.time(job.CreationTime) },
    { label: 'Date ended', value: format.time(job.TerminationDate) },
    { label: 'Job ARN', value: <span className="key">{job.JobArn}</span> },
    { label: 'Workers on it now', value: workers.length === 0 ? 'None' : workers.join(', ') },
  ];
  if (job.StatusUpdateReason) {
    pairs.push({ label: 'Reason of the last update', value: job.StatusUpdateReason });
  }
  return (
    <Container header={<Header variant="h2">Overview</Header>}>
      <KeyValuePairs columns={3} minColumnWidth={220} items={pairs} />
    </Container>
  );
}

function listOf({ Manifest: manifest, ManifestGenerator: generator }: Job): string {
  if (manifest) return manifest.Location.ObjectArn.replace(/^arn:[^:]*:s3:::/, 's3://');
  const source = String(generator?.S3JobManifestGenerator['SourceBucket'] ?? '');
  return `Generated from s3://${source.split(':').at(-1) ?? ''}`;
}

function reportOf({ Report: report }: Job): string {
  if (!report.Enabled) return 'None';
  const place = `s3://${report.Bucket?.split(':').at(-1) ?? ''}/${report.Prefix ?? ''}`;
  return `${report.ReportScope === 'AllTasks' ? 'All tasks' : 'Failed tasks only'}, in ${place}`;
}
