/** The built-in functions, which are functions of LambdaInvoke to AWS's clients. */
import type { OperationForm } from './operation-form.ts';
import type { Parameters } from './types.ts';

const BUILT_IN = { operation: 'LambdaInvoke' } as const;
const builtIn = (name: string): Parameters => ({
  FunctionArn: name,
  InvocationSchemaVersion: '2.0',
});

/** What AWS's menu lacks. */
export const BUILT_INS: readonly OperationForm[] = [
  {
    ...BUILT_IN,
    id: 'brigade-delete',
    title: 'Delete objects',
    fixed: builtIn('brigade-delete'),
    says: 'Deletes each object. A list with version ids deletes those versions for good; without, in a bucket with versions, it places delete markers.',
    warning: 'What is deleted without a version is gone.',
    requests: '1 or 2: a look first where versions are kept',
    requestsMin: 1,
    fields: [
      {
        path: 'UserArguments.confirm',
        kind: 'choice',
        label: 'Confirm',
        options: [['delete', 'Yes, delete the objects of the list']],
        isRequired: true,
      },
      {
        path: 'UserArguments.bypass-governance',
        kind: 'choice',
        label: 'Bypass governance retention',
        options: [['true', 'Yes']],
        isAdvanced: true,
      },
    ],
  },
  {
    ...BUILT_IN,
    id: 'brigade-merge-tags',
    title: 'Merge tags',
    fixed: builtIn('brigade-merge-tags'),
    says: 'Adds, replaces or removes single tags of each object; its other tags stay.',
    requests: '2: reading and writing the tags',
    requestsMin: 2,
    fields: [
      {
        path: 'UserArguments.set',
        kind: 'text',
        label: 'Tags to set',
        placeholder: 'project=blue&team=a%20b',
        help: 'URL-encoded, with & between them. At least one of both fields is needed.',
      },
      {
        path: 'UserArguments.remove',
        kind: 'text',
        label: 'Tags to remove',
        placeholder: 'draft&old',
        help: 'Their keys, URL-encoded, with & between them.',
      },
    ],
  },
  {
    ...BUILT_IN,
    id: 'brigade-change-storage-class',
    title: 'Change storage class',
    fixed: builtIn('brigade-change-storage-class'),
    says: 'Copies each object onto itself in another storage class, with its metadata, tags, ACL, encryption and lock.',
    warning:
      'LastModified changes. In a bucket with versions the copy is a new version, and the old one stays.',
    requests: 'several: what the object has is read, copied and looked at',
    requestsMin: 3,
    fields: [
      {
        path: 'UserArguments.storage-class',
        kind: 'text',
        label: 'Storage class',
        isRequired: true,
        placeholder: 'STANDARD_IA',
        help: 'One of AWS’s, or of your store.',
      },
    ],
  },
  {
    ...BUILT_IN,
    id: 'brigade-rename',
    title: 'Rename',
    fixed: builtIn('brigade-rename'),
    says: 'Gives each object a new key: a copy that is seen whole before the source is deleted.',
    requests: 'several: a look, a copy, a look, a delete',
    requestsMin: 4,
    fields: [
      {
        path: 'UserArguments.key',
        kind: 'text',
        label: 'New key',
        placeholder: 'archive/{prefix}{stem}-2026{ext}',
        help: 'Parts of the old one: {key}, {prefix}, {name}, {stem}, {ext}. Or use the next two fields instead.',
      },
      {
        path: 'UserArguments.from',
        kind: 'text',
        label: 'Regular expression',
        placeholder: '^logs/(\\d{4})-(\\d\\d)',
      },
      { path: 'UserArguments.to', kind: 'text', label: 'Replacement', placeholder: 'logs/$1/$2' },
      {
        path: 'UserArguments.overwrite',
        kind: 'choice',
        label: 'Overwrite objects that have the new key',
        options: [['true', 'Yes']],
        isAdvanced: true,
      },
    ],
  },
  {
    ...BUILT_IN,
    id: 'brigade-head',
    title: 'Look (change nothing)',
    fixed: builtIn('brigade-head'),
    says: 'Reports size, storage class, encryption, lock and more of each object, and which are missing or forbidden. Changes nothing.',
    requests: '1: HeadObject',
    requestsMin: 1,
    fields: [],
  },
];
