/**
 * The page that Prometheus reads: the text format 0.0.4, and OpenMetrics 1.0 for whoever asks for it.
 * They differ in the names of counters' families, in `# UNIT` and in how a page ends.
 */
import type { Reading, Series } from './family.ts';

export interface Page {
  readonly contentType: string;
  readonly text: string;
}

const PLAIN = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** `accept`: the header of the request. */
export function metricsPage(readings: readonly Reading[], accept: string | undefined): Page {
  const isOpen = prefersOpenMetrics(accept ?? '');
  const lines = readings
    .filter(({ series }) => series.length > 0)
    .flatMap((reading) => linesOf(reading, isOpen));
  if (isOpen) lines.push('# EOF');
  return { contentType: isOpen ? OPEN : PLAIN, text: `${lines.join('\n')}\n` };
}

/** By the weights that Prometheus sends; who names both equally gets the newer one. */
function prefersOpenMetrics(accept: string): boolean {
  const weights = accept.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const q = parameters.find((text) => text.startsWith('q='))?.slice(2);
    return { type, weight: q === undefined ? 1 : Number(q) || 0 };
  });
  const weightOf = (types: readonly string[]): number =>
    Math.max(0, ...weights.filter(({ type }) => types.includes(type)).map(({ weight }) => weight));
  const open = weightOf(['application/openmetrics-text']);
  return open > 0 && open >= weightOf(['text/plain']);
}

const UNIT_SUFFIXES: Readonly<Record<string, string | undefined>> = { s: 'seconds', By: 'bytes' };

function linesOf({ name, definition, series }: Reading, isOpen: boolean): string[] {
  const { kind, unit, help, bounds } = definition;
  const family = isOpen && kind === 'counter' ? name.replace(/_total$/, '') : name;
  const suffix = UNIT_SUFFIXES[unit];
  return [
    `# HELP ${family} ${escapeHelp(help)}`,
    `# TYPE ${family} ${kind}`,
    ...(isOpen && suffix !== undefined && family.endsWith(`_${suffix}`)
      ? [`# UNIT ${family} ${suffix}`]
      : []),
    ...series.flatMap((one) =>
      bounds === undefined
        ? [`${name}${labelText(one.labels)} ${numberText(one.value)}`]
        : histogramLines(name, one, bounds),
    ),
  ];
}

function histogramLines(name: string, one: Series, bounds: readonly number[]): string[] {
  const { labels, value, buckets = [] } = one;
  let count = 0;
  const lines = buckets.map((inBucket, index) => {
    count += inBucket;
    const le = numberText(bounds[index] ?? Infinity);
    return `${name}_bucket${labelText([...labels, ['le', le]])} ${count}`;
  });
  const text = labelText(labels);
  return [...lines, `${name}_sum${text} ${numberText(value)}`, `${name}_count${text} ${count}`];
}

function labelText(labels: Series['labels']): string {
  if (labels.length === 0) return '';
  return `{${labels.map(([name, value]) => `${name}="${escapeValue(value)}"`).join(',')}}`;
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
}

function escapeValue(text: string): string {
  return escapeHelp(text).replaceAll('"', String.raw`\"`);
}
