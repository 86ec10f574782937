/**
 * What the shapes cannot say of a CreateJob request: members that need or exclude each other.
 * Every problem is found; a request is looked at only when its shapes have none.
 */
import { JOB_TAGS_MAX } from '../model/limits.ts';
import type { JobRequest } from '../model/job.ts';
import { accountOfRole } from '../model/role-arn.ts';
import { OPERATION_NAMES, type OperationName } from '../model/vocabulary.ts';
import { type FieldProblem, OPERATIONS } from '../operations/index.ts';
import type { ApiDeps } from './call.ts';
import { checkJobTags } from './tags.ts';

const CSV_FORMAT = 'S3BatchOperations_CSV_20180820';

export function checkCreateJob(
  request: JobRequest,
  deps: Pick<ApiDeps, 'supports'>,
): FieldProblem[] {
  const operation = operationOf(request);
  const tags = (request.Tags ?? []).map(({ Key = '', Value = '' }) => ({ Key, Value }));
  const tooMany = { field: 'Tags', message: `must hold at most ${JOB_TAGS_MAX} tags` };
  return [
    ...checkObjects(request),
    ...checkManifest(request, deps),
    ...checkGenerator(request, deps),
    ...checkReport(request),
    ...checkRole(request, deps),
    ...(tags.length > JOB_TAGS_MAX ? [tooMany] : []),
    ...checkJobTags(tags),
    ...(operation === undefined ? [] : OPERATIONS[operation].check(request)),
  ];
}

/** The one operation of a request; its shape has seen to it that there is one. */
export function operationOf(request: JobRequest): OperationName | undefined {
  return OPERATION_NAMES.find((name) => request.Operation?.[name] !== undefined);
}

function checkObjects(request: JobRequest): FieldProblem[] {
  const given = [request.Manifest, request.ManifestGenerator].filter((one) => one !== undefined);
  if (given.length === 1) return [];
  return [
    { field: 'Manifest', message: 'exactly one of Manifest and ManifestGenerator must be given' },
  ];
}

function checkManifest(
  { Manifest: manifest }: JobRequest,
  deps: Pick<ApiDeps, 'supports'>,
): FieldProblem[] {
  if (manifest === undefined) return [];
  const format = manifest.Spec?.Format ?? '';
  const fields = manifest.Spec?.Fields;
  const field = 'Manifest.Spec.Fields';
  const problems: FieldProblem[] = [];

  if (!deps.supports.manifestFormats.includes(format)) {
    const message = `${format} is not supported by this version of Bucket Brigade`;
    problems.push({ field: 'Manifest.Spec.Format', message });
  }
  if (format !== CSV_FORMAT) {
    // An inventory says itself which columns it has.
    if (fields === undefined || fields.length === 0) return problems;
    return [...problems, { field, message: `must be left out for the format ${format}` }];
  }
  // AWS accepts such a job and fails it later: "Required fields are missing in the schema".
  for (const name of ['Bucket', 'Key'] as const) {
    if (!fields?.includes(name)) problems.push({ field, message: `must contain ${name}` });
  }
  for (const name of ['Bucket', 'Key', 'VersionId'] as const) {
    if ((fields ?? []).filter((one) => one === name).length > 1) {
      problems.push({ field, message: `must contain ${name} only once` });
    }
  }
  return problems;
}

function checkGenerator(request: JobRequest, deps: Pick<ApiDeps, 'supports'>): FieldProblem[] {
  if (request.ManifestGenerator === undefined) return [];
  const problems: FieldProblem[] = [];
  if (!deps.supports.generator) {
    const message = 'is not supported by this version of Bucket Brigade';
    problems.push({ field: 'ManifestGenerator', message });
  }
  const generator = request.ManifestGenerator.S3JobManifestGenerator;
  const output = generator?.ManifestOutputLocation;
  const path = 'ManifestGenerator.S3JobManifestGenerator.ManifestOutputLocation';
  if (generator?.EnableManifestOutput === true && output === undefined) {
    problems.push({ field: path, message: 'is required when EnableManifestOutput is true' });
  }
  const { SSES3, SSEKMS } = output?.ManifestEncryption ?? {};
  if (SSES3 !== undefined && SSEKMS !== undefined) {
    const message = 'must hold only one of SSE-S3 and SSE-KMS';
    problems.push({ field: `${path}.ManifestEncryption`, message });
  }
  return problems;
}

/** AWS's words for a role of another account. */
function checkRole(
  { RoleArn: role = '', AccountId: account }: JobRequest,
  { supports }: Pick<ApiDeps, 'supports'>,
): FieldProblem[] {
  const field = 'RoleArn';
  if (account !== undefined && accountOfRole(role) !== account) {
    return [{ field, message: 'Cross-account pass role is not allowed.' }];
  }
  return supports.isRole?.(role) === false
    ? [{ field, message: 'is no role that jobs can be given here' }]
    : [];
}

function checkReport({ Report: report }: JobRequest): FieldProblem[] {
  if (report?.Enabled !== true) return [];
  const needed = ['Bucket', 'Format', 'ReportScope'] as const;
  return needed
    .filter((name) => report[name] === undefined)
    .map((name) => ({ field: `Report.${name}`, message: 'is required when Enabled is true' }));
}
