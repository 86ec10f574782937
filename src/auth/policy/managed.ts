/** Policies that are there from the start, under names that nobody else may give. */
import { type Policy, readPolicy } from './document.ts';

const everywhere = (actions: string | readonly string[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
  });

/** Documents by name. */
export const MANAGED_POLICIES: Readonly<Record<string, string>> = {
  /** Everything in its account, as the root key. */
  administrator: everywhere('*'),
  /** Sees jobs, and what the console shows beside them: buckets, lists, reports, the system page. */
  'read-only': everywhere([
    's3:ListJobs',
    's3:DescribeJob',
    's3:GetJobTagging',
    's3:ListAllMyBuckets',
    's3:ListBucket',
    's3:GetObject',
    'brigade:DescribeSystem',
  ]),
  /** Lets jobs run that others made, and steers them; makes none. */
  'job-operator': everywhere([
    's3:ListJobs',
    's3:DescribeJob',
    's3:GetJobTagging',
    's3:UpdateJobPriority',
    's3:UpdateJobStatus',
  ]),
};

export function managedPolicy(name: string): Policy | undefined {
  const document = Object.hasOwn(MANAGED_POLICIES, name) ? MANAGED_POLICIES[name] : undefined;
  return document === undefined ? undefined : readPolicy(name, document);
}
