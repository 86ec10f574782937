/**
 * Where numbers and spans go. Nothing is told to anybody unless a setting says so: counts, endpoints and
 * names of operations are not for everyone who reaches a port.
 *
 * Settings of OpenTelemetry keep its names and meaning; only its JSON over HTTP is spoken. Traces must be
 * asked for by name, even where the endpoint for metrics is set for the whole machine.
 */
import { ConfigError } from './config-error.ts';

export interface TelemetryConfig {
  /** Of a listener for metrics and health alone; absent: there is none. */
  readonly port: number | undefined;
  readonly host: string;
  /** What a reader of the page must present. With it the page is on the API's port too. */
  readonly token: string | undefined;
  readonly metricsTo: OtlpTarget | undefined;
  readonly tracesTo: OtlpTarget | undefined;
  readonly emf: EmfConfig | undefined;
  /** Attributes of all that is exported. */
  readonly resource: Readonly<Record<string, string>>;
}

export interface OtlpTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly isCompressed: boolean;
  readonly timeoutMs: number;
  /** Of metrics: how often. Of traces: how long a span waits for others. */
  readonly everyMs: number;
}

export interface EmfConfig {
  /** A path, or undefined for standard output. */
  readonly file: string | undefined;
  readonly namespace: string;
  readonly everyMs: number;
}

type Source = Readonly<Record<string, string | undefined>>;
type Signal = 'METRICS' | 'TRACES';

const TOKEN_CHARS_MIN = 16;
const TRACES_EVERY_MS = 5000;

export function telemetryOf(source: Source, host: string): TelemetryConfig {
  const text = textOf(source);
  const token = text('BRIGADE_METRICS_TOKEN');
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new ConfigError(
      'BRIGADE_METRICS_TOKEN: must be visible ASCII characters without spaces.',
    );
  }
  if (token !== undefined && token.length < TOKEN_CHARS_MIN) {
    throw new ConfigError(
      `BRIGADE_METRICS_TOKEN: must have at least ${TOKEN_CHARS_MIN} characters; openssl rand -hex 32 makes one.`,
    );
  }
  const isOff = text('OTEL_SDK_DISABLED')?.toLowerCase() === 'true';
  const everyMs = whole(source, 'OTEL_METRIC_EXPORT_INTERVAL', 60_000, 1000, 86_400_000);
  const tracesExporter = text('OTEL_TRACES_EXPORTER');
  const metricsExporter = text('OTEL_METRICS_EXPORTER') ?? 'otlp';
  return {
    port:
      text('BRIGADE_METRICS_PORT') === undefined
        ? undefined
        : whole(source, 'BRIGADE_METRICS_PORT', 0, 0, 65_535),
    host: text('BRIGADE_METRICS_HOST') ?? host,
    token,
    metricsTo:
      isOff || metricsExporter !== 'otlp' ? undefined : targetOf(source, 'METRICS', everyMs),
    tracesTo:
      isOff || tracesExporter !== 'otlp' ? undefined : targetOf(source, 'TRACES', TRACES_EVERY_MS),
    emf: emfOf(source),
    resource: {
      'service.name': 'bucket-brigade',
      ...pairs(source, 'OTEL_RESOURCE_ATTRIBUTES'),
      ...(text('OTEL_SERVICE_NAME') ? { 'service.name': text('OTEL_SERVICE_NAME') ?? '' } : {}),
    },
  };
}

function targetOf(source: Source, signal: Signal, everyMs: number): OtlpTarget | undefined {
  const text = textOf(source);
  const own = (rest: string): string | undefined =>
    text(`OTEL_EXPORTER_OTLP_${signal}_${rest}`) ?? text(`OTEL_EXPORTER_OTLP_${rest}`);
  const exact = text(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`);
  const base = text('OTEL_EXPORTER_OTLP_ENDPOINT');
  const name =
    exact === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`;
  const url = exact ?? (base && `${base.replace(/\/+$/, '')}/v1/${signal.toLowerCase()}`);
  if (url === undefined) {
    if (signal === 'METRICS') return undefined;
    throw new ConfigError('OTEL_TRACES_EXPORTER is otlp: set OTEL_EXPORTER_OTLP_ENDPOINT as well.');
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new ConfigError(`${name}: must be a URL such as http://127.0.0.1:4318.`);
  }
  const protocol = own('PROTOCOL');
  if (protocol === 'grpc') {
    throw new ConfigError(
      'OTEL_EXPORTER_OTLP_PROTOCOL: only OTLP over HTTP is spoken, usually on port 4318; set http/json.',
    );
  }
  const compression = own('COMPRESSION') ?? 'none';
  if (compression !== 'none' && compression !== 'gzip') {
    throw new ConfigError('OTEL_EXPORTER_OTLP_COMPRESSION: must be gzip or none.');
  }
  return {
    url,
    headers: {
      ...pairs(source, 'OTEL_EXPORTER_OTLP_HEADERS'),
      ...pairs(source, `OTEL_EXPORTER_OTLP_${signal}_HEADERS`),
    },
    isCompressed: compression === 'gzip',
    timeoutMs: whole(source, 'OTEL_EXPORTER_OTLP_TIMEOUT', 10_000, 1, 600_000),
    everyMs,
  };
}

function emfOf(source: Source): EmfConfig | undefined {
  const text = textOf(source);
  const to = text('BRIGADE_EMF');
  if (to === undefined) return undefined;
  return {
    file: to === 'stdout' ? undefined : to,
    namespace: text('BRIGADE_EMF_NAMESPACE') ?? 'BucketBrigade',
    everyMs: whole(source, 'BRIGADE_EMF_SECONDS', 60, 1, 3600) * 1000,
  };
}

/** `a=1,b=2`, percent-encoded, as OpenTelemetry has it. */
function pairs(source: Source, name: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of (source[name] ?? '').split(',').filter((one) => one.trim() !== '')) {
    const [key = '', ...rest] = part.split('=');
    try {
      found[decodeURIComponent(key.trim())] = decodeURIComponent(rest.join('=').trim());
    } catch {
      throw new ConfigError(`${name}: must be pairs such as key=value,key=value, percent-encoded.`);
    }
    if (key.trim() !== '' && rest.length > 0) continue;
    throw new ConfigError(`${name}: must be pairs such as key=value,key=value.`);
  }
  return found;
}

const textOf =
  (source: Source) =>
  (name: string): string | undefined =>
    source[name]?.trim() || undefined;

function whole(source: Source, name: string, fallback: number, min: number, max: number): number {
  const text = source[name]?.trim();
  if (!text) return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ConfigError(
    `${name}: must be a whole number between ${min} and ${max}, not "${text}".`,
  );
}
