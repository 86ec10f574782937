/**
 * JSON, spelt as the aws cli takes it, to the tree that a body of XML becomes: so that the console's
 * requests meet the same shapes, and are refused with the same words, as everybody's.
 */
import { ApiError } from '../../model/api-error.ts';
import type { Shape } from '../../model/shape.ts';
import { isXmlText, type XmlElement } from '../xml.ts';

export function elementOf(name: string, value: unknown, shape: Shape | undefined): XmlElement {
  if (Array.isArray(value)) {
    const item = shape?.kind === 'list' ? shape.item : undefined;
    return { name, text: '', children: value.map((one) => elementOf('member', one, item)) };
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, one]) => one !== undefined && one !== null);
    const children =
      shape?.kind === 'map'
        ? members.map(([key, one]) => entryOf(key, one))
        : members.map(([member, one]) => memberOf(member, one, shape));
    return { name, text: '', children };
  }
  return { name, text: textOf(name, value), children: [] };
}

function memberOf(name: string, value: unknown, shape: Shape | undefined): XmlElement {
  const known = shape?.kind === 'struct' && Object.hasOwn(shape.members, name);
  const member = known ? shape.members[name] : undefined;
  return elementOf(member?.xml ?? name, value, member?.shape);
}

function entryOf(key: string, value: unknown): XmlElement {
  const children = [elementOf('key', key, undefined), elementOf('value', value, undefined)];
  return { name: 'entry', text: '', children };
}

function textOf(name: string, value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value);
  if (isXmlText(text)) return text;
  const message = `${name}: must hold only characters that XML can carry`;
  throw new ApiError('BadRequestException', message);
}
