/** The XML of STS's answers. */
import { escapeText } from '../wire.ts';

export interface XmlTree {
  readonly [name: string]: string | XmlTree;
}

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

export function stsAnswer(action: string, result: XmlTree, requestId: string): string {
  return elementOf(
    `${action}Response`,
    { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } },
    ` xmlns="${NAMESPACE}"`,
  );
}

export function stsErrorAnswer(
  code: string,
  message: string,
  requestId: string,
  httpStatus: number,
): string {
  const type = httpStatus < 500 ? 'Sender' : 'Receiver';
  const error = { Type: type, Code: code, Message: message };
  const tree = { Error: error, RequestId: requestId };
  return elementOf('ErrorResponse', tree, ` xmlns="${NAMESPACE}"`);
}

function elementOf(name: string, value: string | XmlTree, attributes = ''): string {
  const inside =
    typeof value === 'string'
      ? escapeText(value)
      : Object.entries(value)
          .map(([child, one]) => elementOf(child, one))
          .join('');
  return `<${name}${attributes}>${inside}</${name}>`;
}
