/** Grants as parameters: their rules, and both spellings that S3 takes them in. */
import type {
  S3AccessControlList,
  S3Grant,
  S3GranteeTypeIdentifier,
} from '@aws-sdk/client-s3-control';
import { escapeXml, isXmlText } from '../s3/index.ts';
import type { FieldProblem } from './operation.ts';
import { S3_XMLNS } from './task.ts';

/** S3: an ACL has at most a hundred grants. */
const GRANTS_MAX = 100;

/** What both spellings need; `field` is the list's own path. */
export function checkGrants(grants: readonly S3Grant[], field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (grants.length > GRANTS_MAX) {
    problems.push({ field, message: `must hold at most ${GRANTS_MAX} grants` });
  }
  for (const [index, { Grantee: grantee, Permission: permission }] of grants.entries()) {
    const at = `${field}[${index}]`;
    if (grantee?.TypeIdentifier === undefined) {
      problems.push({ field: `${at}.Grantee.TypeIdentifier`, message: 'is required' });
    }
    if (!grantee?.Identifier) {
      problems.push({ field: `${at}.Grantee.Identifier`, message: 'is required' });
    } else if (!isXmlText(grantee.Identifier)) {
      problems.push({
        field: `${at}.Grantee.Identifier`,
        message: 'must not hold control characters',
      });
    }
    if (permission === undefined) {
      problems.push({ field: `${at}.Permission`, message: 'is required' });
    }
  }
  return problems;
}

const XSI_TYPE: Readonly<Record<S3GranteeTypeIdentifier, string>> = {
  id: 'CanonicalUser',
  emailAddress: 'AmazonCustomerByEmail',
  uri: 'Group',
};
const IDENTIFIER_ELEMENT: Readonly<Record<S3GranteeTypeIdentifier, string>> = {
  id: 'ID',
  emailAddress: 'EmailAddress',
  uri: 'URI',
};

/** The body of PutObjectAcl. */
export function aclXml(list: S3AccessControlList): string {
  const owner = [
    element('ID', list.Owner?.ID),
    element('DisplayName', list.Owner?.DisplayName),
  ].join('');
  const grants = (list.Grants ?? []).map(grantXml).join('');
  return (
    `<AccessControlPolicy xmlns="${S3_XMLNS}"><Owner>${owner}</Owner>` +
    `<AccessControlList>${grants}</AccessControlList></AccessControlPolicy>`
  );
}

function grantXml({ Grantee: grantee, Permission: permission }: S3Grant): string {
  const type = grantee?.TypeIdentifier ?? 'id';
  return (
    `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${XSI_TYPE[type]}">` +
    element(IDENTIFIER_ELEMENT[type], grantee?.Identifier) +
    (type === 'id' ? element('DisplayName', grantee?.DisplayName) : '') +
    `</Grantee>${element('Permission', permission)}</Grant>`
  );
}

function element(name: string, text: string | undefined): string {
  return text === undefined ? '' : `<${name}>${escapeXml(text)}</${name}>`;
}

/** `x-amz-grant-read: id="...", uri="..."` and its siblings. */
export function grantHeaders(grants: readonly S3Grant[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { Grantee: grantee, Permission: permission } of grants) {
    const name = `x-amz-grant-${(permission ?? '').toLowerCase().replaceAll('_', '-')}`;
    const value = `${grantee?.TypeIdentifier ?? 'id'}="${grantee?.Identifier ?? ''}"`;
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}
