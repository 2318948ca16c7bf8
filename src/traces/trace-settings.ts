/**
 * The standard variables of OpenTelemetry that decide whether and how spans are sent. Its packages read the others
 * themselves: service name, resource attributes, sampler, headers, timeouts, limits and certificates.
 */
import type { Environment } from '../config/environment.ts';

/** How spans are written on the wire; both go over HTTP. */
export type TraceProtocol = 'http/protobuf' | 'http/json';

export interface TraceSettings {
  readonly protocol: TraceProtocol;
  /** Whether a trace that began in the client is continued. */
  readonly isContinued: boolean;
  /** Whether prompts and answers are sent. */
  readonly hasContent: boolean;
  /** Name and port of the collector, for the log. */
  readonly collector: string;
}

export interface TraceChoice {
  /** Absent = no spans. */
  readonly settings?: TraceSettings;
  readonly warnings: readonly string[];
}

const protocols: readonly TraceProtocol[] = ['http/protobuf', 'http/json'];
/** What the specification says for a variable that is not set. */
const DEFAULT_PROTOCOL = 'http/protobuf';

/** The values that OpenTelemetry's own instrumentations of clients know, and plain ones. */
const contentWords: Readonly<Record<string, boolean>> = {
  '': false,
  false: false,
  no_content: false,
  event_only: false,
  true: true,
  span_only: true,
  span_and_event: true,
};

/** Reads the variables. Spans are sent only if an endpoint is named. */
export function traceSettings(environment: Environment): TraceChoice {
  const value = (name: string) => (environment[name] ?? '').trim();
  const warnings: string[] = [];
  if (value('OTEL_SDK_DISABLED').toLowerCase() === 'true') return { warnings };
  const endpoint = value('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') || value('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (endpoint === '' || !isExporting(value('OTEL_TRACES_EXPORTER'), warnings)) return { warnings };
  const collector = collectorOf(endpoint);
  if (collector === undefined) {
    warnings.push(
      'no traces are sent: OTEL_EXPORTER_OTLP_ENDPOINT is not a URL that begins with http:// or https://',
    );
    return { warnings };
  }
  const asked = value('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') || value('OTEL_EXPORTER_OTLP_PROTOCOL');
  const protocol = protocolOf(asked, warnings);
  const isContinued = continues(value('OTEL_PROPAGATORS'));
  const hasContent = capturesContent(value('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'), warnings);
  return { settings: { protocol, isContinued, hasContent, collector }, warnings };
}

/** @returns host and port without user and password; undefined for what is not a URL of HTTP */
function collectorOf(endpoint: string): string | undefined {
  if (!URL.canParse(endpoint)) return undefined;
  const { protocol, host } = new URL(endpoint);
  return protocol === 'http:' || protocol === 'https:' ? host : undefined;
}

function isExporting(exporters: string, warnings: string[]): boolean {
  const names = listOf(exporters);
  if (names.length === 0 || names.includes('otlp')) return true;
  if (!names.includes('none')) warnings.push('no traces are sent: OTEL_TRACES_EXPORTER must be otlp or none');
  return false;
}

function protocolOf(asked: string, warnings: string[]): TraceProtocol {
  const known = protocols.find((protocol) => protocol === asked.toLowerCase());
  if (asked !== '' && !known) {
    warnings.push(
      `OTEL_EXPORTER_OTLP_PROTOCOL must be ${protocols.join(' or ')}; traces are sent as ${DEFAULT_PROTOCOL}, which collectors receive on port 4318`,
    );
  }
  return known ?? DEFAULT_PROTOCOL;
}

function continues(propagators: string): boolean {
  const names = listOf(propagators);
  return names.length === 0 || names.includes('tracecontext');
}

function capturesContent(asked: string, warnings: string[]): boolean {
  const word = asked.toLowerCase();
  const captures = Object.hasOwn(contentWords, word) ? contentWords[word] : undefined;
  if (captures === undefined) {
    warnings.push(
      'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT must be true or false; prompts and answers are not sent',
    );
  }
  return captures ?? false;
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}
