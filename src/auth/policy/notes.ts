/**
 * What in a policy is accepted and does nothing here: actions that nobody asks for and keys that no
 * request has. Most belong to other services; one that is a typing error in a Deny is a hole.
 */
import type { Policy } from './document.ts';
import { fitsAction } from './pattern.ts';

const ACTIONS = [
  ...['s3:CreateJob', 's3:ListJobs', 's3:DescribeJob', 's3:UpdateJobPriority'],
  ...['s3:UpdateJobStatus', 's3:GetJobTagging', 's3:PutJobTagging', 's3:DeleteJobTagging'],
  ...['s3:ListAllMyBuckets', 's3:ListBucket', 's3:GetObject', 'brigade:DescribeSystem'],
  ...['iam:PassRole', 'sts:GetFederationToken', 'sts:GetSessionToken'],
];

/** In lower case; those that end in a slash go on with the key of a tag. */
const KEYS = [
  ...['s3:requestjoboperation', 's3:requestjobpriority', 's3:existingjoboperation'],
  ...['s3:existingjobpriority', 's3:jobsuspendedcause', 's3:prefix', 's3:delimiter'],
  ...['aws:requesttag/', 'aws:resourcetag/', 'aws:principaltag/', 'aws:tagkeys'],
  ...['aws:username', 'aws:userid', 'aws:principalarn', 'aws:principalaccount'],
  ...['aws:principaltype', 'aws:sourceip', 'aws:securetransport', 'aws:currenttime'],
  ...['aws:epochtime', 'aws:tokenissuetime', 'iam:passedtoservice'],
];

/** One line for each, with its place. */
export function notesOf({ statements }: Policy): readonly string[] {
  return statements.flatMap(({ index, actions, conditions }) => {
    const path = `Statement[${index}]`;
    const name = actions.isNot ? 'NotAction' : 'Action';
    const unasked = actions.patterns.filter(
      (pattern) => !ACTIONS.some((action) => fitsAction(action, pattern)),
    );
    const unknown = conditions.map(({ key }) => key).filter((key) => !isKnown(key.toLowerCase()));
    return [
      ...unasked.map((one) => `${path}.${name}: nothing here asks for ${one}`),
      ...[...new Set(unknown)].map((one) => `${path}.Condition: no request here has ${one}`),
    ];
  });
}

function isKnown(key: string): boolean {
  return KEYS.some((known) => (known.endsWith('/') ? key.startsWith(known) : key === known));
}
