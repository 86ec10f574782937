/** How far a job is, how fast, and how long it will take. */
import Box from '@cloudscape-design/components/box';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type ReactNode, Suspense } from 'react';
import * as format from '../lib/format.ts';
import { lazyPage } from '../lib/lazy-page.ts';
import { isEnded } from '../lib/status.ts';
import { currentRate } from '../lib/rates.ts';
import type { JobPage } from '../lib/types.ts';
import { JobStatusLabel } from './job-status.tsx';

const RateChart = lazyPage(() => import('./rate-chart.tsx'), 'RateChart');

export function JobProgress({ page }: { readonly page: JobPage }) {
  const { job, samples } = page;
  const { TotalNumberOfTasks: total, ...summary } = job.ProgressSummary;
  const failed = summary.NumberOfTasksFailed;
  const succeeded = summary.NumberOfTasksSucceeded;
  const done = failed + succeeded;
  const activeSeconds = summary.Timers.ElapsedTimeInActiveSeconds;
  const average = activeSeconds > 0 ? done / activeSeconds : undefined;
  const rate = job.Status === 'Active' ? (currentRate(samples) ?? average) : undefined;
  const left = rate && total > done ? (total - done) / rate : undefined;
  return (
    <Container
      header={
        <Header variant="h2" description={timing(page)}>
          Progress
        </Header>
      }
    >
      <SpaceBetween size="m">
        {total > 0 && (
          <ProgressBar
            value={format.percent(done, total)}
            ariaLabel="Tasks that have ended"
            additionalInfo={`${format.count(done)} of ${format.count(total)} tasks`}
            description={left === undefined ? undefined : `About ${format.duration(left)} left`}
          />
        )}
        <ColumnLayout columns={4} variant="text-grid" minColumnWidth={140}>
          <Figure label="Status">
            <JobStatusLabel status={job.Status} failed={failed} />
          </Figure>
          <Figure label="Succeeded">{big(succeeded)}</Figure>
          <Figure label="Failed">{big(failed, failed > 0)}</Figure>
          <Figure label={rate === undefined ? 'Average rate' : 'Rate now'}>
            <span className="number">
              {(rate ?? average) === undefined
                ? '–'
                : `${format.rate(rate ?? average ?? 0)} tasks/s`}
            </span>
          </Figure>
        </ColumnLayout>
        {samples.length >= 2 && (
          <Suspense fallback={<Box color="text-status-inactive">Loading the chart</Box>}>
            <RateChart samples={samples} isOver={isEnded(job.Status)} />
          </Suspense>
        )}
      </SpaceBetween>
    </Container>
  );
}

function timing({ job }: JobPage): string {
  const { ElapsedTimeInActiveSeconds: seconds } = job.ProgressSummary.Timers;
  if (job.ProgressSummary.TotalNumberOfTasks === 0 && !isEnded(job.Status)) {
    return 'The number of tasks is known once the list has been read.';
  }
  if (seconds > 0) return `Active for ${format.duration(seconds)}`;
  const hasRun =
    job.ProgressSummary.NumberOfTasksSucceeded + job.ProgressSummary.NumberOfTasksFailed;
  return hasRun > 0 ? 'Active for less than a second' : 'Not active yet';
}

function big(value: number, isBad = false): ReactNode {
  return (
    <Box fontSize="heading-m" color={isBad ? 'text-status-error' : 'inherit'}>
      <span className="number">{format.count(value)}</span>
    </Box>
  );
}

function Figure({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div>
      <Box variant="awsui-key-label">{label}</Box>
      <div>{children}</div>
    </div>
  );
}
