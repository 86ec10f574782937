/**
 * The XML of S3 Control's bodies, both ways, and the one file that knows how it is made.
 *
 * I1. Answers are written by the AWS SDK from AWS's own schemas: `<member>` lists, hyphenated names,
 *     dates, escapes and namespace are theirs. Golden tests pin the bytes.
 * I2. Requests are read by our shapes, not by the SDK's deserializer: that one passes over unknown
 *     elements and item names in silence, and it says nothing about fields. A test holds the shapes
 *     against the schemas, member by member, so that no update of the SDK adds one unnoticed.
 */
import {
  CreateJobResult$,
  DescribeJobResult$,
  GetJobTaggingResult$,
  ListJobsResult$,
  UpdateJobPriorityResult$,
  UpdateJobStatusResult$,
} from '@aws-sdk/client-s3-control';
import type {
  CreateJobResult,
  DescribeJobResult,
  GetJobTaggingResult,
  ListJobsResult,
  UpdateJobPriorityResult,
  UpdateJobStatusResult,
} from '@aws-sdk/client-s3-control';
import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { ApiError } from '../model/api-error.ts';
import type { StructShape } from '../model/shape.ts';
import type { FieldProblem } from '../operations/index.ts';
import { readShape } from './read-shape.ts';
import { parseXml, type XmlElement } from './xml.ts';

const NAMESPACE = 'http://awss3control.amazonaws.com/doc/2018-08-20/';
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** What each call answers with, and its schema. */
interface Answers {
  CreateJobResult: CreateJobResult;
  DescribeJobResult: DescribeJobResult;
  GetJobTaggingResult: GetJobTaggingResult;
  ListJobsResult: ListJobsResult;
  UpdateJobPriorityResult: UpdateJobPriorityResult;
  UpdateJobStatusResult: UpdateJobStatusResult;
}

const SCHEMAS = {
  CreateJobResult: CreateJobResult$,
  DescribeJobResult: DescribeJobResult$,
  GetJobTaggingResult: GetJobTaggingResult$,
  ListJobsResult: ListJobsResult$,
  UpdateJobPriorityResult: UpdateJobPriorityResult$,
  UpdateJobStatusResult: UpdateJobStatusResult$,
} as const satisfies Record<keyof Answers, unknown>;

/** The whole document. */
export function writeAnswer<Name extends keyof Answers>(name: Name, answer: Answers[Name]): string {
  const serializer = new XmlShapeSerializer({
    timestampFormat: { useTrait: true, default: 5 }, // 5: date-time of RFC 3339
    httpBindings: true,
    xmlNamespace: NAMESPACE,
    serviceNamespace: 'com.amazonaws.s3control',
  });
  serializer.write(SCHEMAS[name], answer);
  return HEAD + String(serializer.flush());
}

/** An error as SDKs of S3 Control want it: wrapped, which the Go SDK insists on. */
export function writeError(error: ApiError, requestId: string, hostId: string): string {
  const type = error.httpStatus < 500 ? 'Sender' : 'Receiver';
  return (
    `${HEAD}<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>${type}</Type>` +
    `<Code>${error.code}</Code><Message>${escapeText(error.message)}</Message></Error>` +
    `<RequestId>${requestId}</RequestId><HostId>${hostId}</HostId></ErrorResponse>`
  );
}

/** What was read of a body; the value holds only what has no problem. */
export interface ReadBody {
  readonly value: Record<string, unknown>;
  readonly problems: readonly FieldProblem[];
}

/** Reads a body whose root is `root`. */
export function readBody(body: Uint8Array, root: string, shape: StructShape): ReadBody {
  const element = parseXml(body);
  if (element.name !== root) {
    throw new ApiError(
      'MalformedXML',
      `The XML you provided was not well-formed: its root is ${element.name}, not ${root}.`,
    );
  }
  return readElement(element, shape);
}

/** As `readBody`, of what was parsed already. */
export function readElement(element: XmlElement, shape: StructShape): ReadBody {
  const problems: FieldProblem[] = [];
  const value = readShape(element, shape, '', problems);
  // A structure reads as a record of its members; a root that is none has a problem.
  return { value: (value ?? {}) as Record<string, unknown>, problems };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#xD;',
};

/** A message may quote the request, so that it may hold anything. */
export function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\ufffd')
    .replace(/[&<>\r]/g, (char) => ESCAPES[char] ?? char);
}
