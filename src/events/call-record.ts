/** An API call as CloudTrail records it: a management event. */
import type { Principal } from '../auth/index.ts';
import { secondOf, type TrailRecord, uuidOf } from './trail-record.ts';

/** What is known of a call when its answer goes out. */
export interface ObservedCall {
  /** `CreateJob`, or `ConsoleLogin`. */
  readonly name: string;
  /** Undefined: nobody was proved to be the caller. */
  readonly principal: Principal | undefined;
  /** Of a caller that was not proved: the key that was named. */
  readonly claimedKeyId: string | undefined;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly hostId: string;
  readonly isTls: boolean;
  /** Undefined: they could not be read. Without secrets. */
  readonly parameters: Readonly<Record<string, unknown>> | undefined;
  /** Empty: about no job. */
  readonly jobId: string;
  /** Of CreateJob. */
  readonly createdJobId: string | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

/** Never rejects, and resolves soon: an answer waits for it. */
export type CallObserver = (call: ObservedCall) => Promise<void>;

export interface RecordFacts {
  readonly id: string;
  readonly at: number;
  readonly region: string;
  /** Whose trail a call of nobody belongs to. */
  readonly account: string;
  /** Calls like this one that have no record of their own. */
  readonly repeats?: number;
}

const TEXT_MAX = 1024;
/** CloudTrail itself leaves parameters out that are too long. */
const PARAMETERS_CHARS_MAX = 32 * 1024;

export function callRecord(call: ObservedCall, facts: RecordFacts): TrailRecord {
  const { id, at, region, account, repeats } = facts;
  const { name, principal, sourceIp, userAgent, requestId, hostId, error, isTls } = call;
  const isReadOnly = /^(Describe|Get|List)/.test(name);
  const isLogin = name === 'ConsoleLogin';
  return {
    eventVersion: '1.09',
    userIdentity: identityOf(call),
    eventTime: secondOf(at),
    eventSource: isLogin ? 'signin.amazonaws.com' : 's3.amazonaws.com',
    eventName: name,
    awsRegion: region,
    sourceIPAddress: sourceIp,
    userAgent: `[${short(userAgent)}]`,
    ...(error ? { errorCode: error.code, errorMessage: short(error.message) } : {}),
    requestParameters: isLogin ? null : bounded(call.parameters),
    responseElements: isLogin
      ? { ConsoleLogin: error ? 'Failure' : 'Success' }
      : responseOf(call, isReadOnly),
    additionalEventData: {
      ...(isLogin ? {} : { SignatureVersion: 'SigV4', 'x-amz-id-2': hostId }),
      ...(repeats === undefined ? {} : { repeats }),
    },
    requestID: requestId,
    eventID: uuidOf(id),
    readOnly: isReadOnly,
    eventType: isLogin ? 'AwsConsoleSignIn' : 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: principal?.account ?? account,
    eventCategory: 'Management',
    ...(isTls ? { tlsDetails: { tlsVersion: 'TLS' } } : {}),
  };
}

function identityOf({ principal, claimedKeyId }: ObservedCall): object {
  if (principal === undefined) {
    if (claimedKeyId !== undefined) {
      return { type: 'Unknown', principalId: '', accessKeyId: claimedKeyId.slice(0, 128) };
    }
    return { type: 'AWSAccount', principalId: '', accountId: 'ANONYMOUS_PRINCIPAL' };
  }
  const { account, accessKeyId, arn, userId, user, kind, session } = principal;
  const isFederated = session?.name !== undefined;
  const type = kind === 'root' ? 'Root' : 'IAMUser';
  return {
    type: isFederated ? 'FederatedUser' : type,
    principalId: userId,
    arn,
    accountId: account,
    accessKeyId,
    ...(user === undefined || isFederated ? {} : { userName: user }),
    ...(session
      ? {
          sessionContext: {
            ...(isFederated
              ? { sessionIssuer: { type, accountId: account, userName: user ?? '' } }
              : {}),
            attributes: { creationDate: secondOf(session.issuedAt), mfaAuthenticated: 'false' },
          },
        }
      : {}),
  };
}

function responseOf(call: ObservedCall, isReadOnly: boolean): object | null {
  if (isReadOnly || call.error) return null;
  const { requestId, hostId, createdJobId } = call;
  const ids = { 'x-amz-request-id': requestId, 'x-amz-id-2': hostId };
  return createdJobId === undefined ? ids : { ...ids, jobId: createdJobId };
}

function bounded(parameters: ObservedCall['parameters']): object | null {
  if (parameters === undefined) return null;
  const isLong = JSON.stringify(parameters).length > PARAMETERS_CHARS_MAX;
  return isLong ? { omitted: true } : parameters;
}

function short(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}...` : text;
}
