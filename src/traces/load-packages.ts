/** The only file that loads OpenTelemetry's packages, which are optional. */
import { systemCode } from '../base/errors.ts';
import type { TraceProtocol } from './trace-settings.ts';

export interface TracePackages {
  readonly api: typeof import('@opentelemetry/api');
  readonly sdk: typeof import('@opentelemetry/sdk-trace-base');
  readonly resources: typeof import('@opentelemetry/resources');
  readonly createExporter: () => import('@opentelemetry/sdk-trace-base').SpanExporter;
}

/** What to install if one is missing. */
export const packageNames = [
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace-base',
  '@opentelemetry/resources',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/exporter-trace-otlp-proto',
] as const;

/** @returns undefined when one of them is not installed */
export async function loadPackages(protocol: TraceProtocol): Promise<TracePackages | undefined> {
  try {
    const [api, sdk, resources, createExporter] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/resources'),
      exporterOf(protocol),
    ]);
    return { api, sdk, resources, createExporter };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function exporterOf(protocol: TraceProtocol): Promise<TracePackages['createExporter']> {
  if (protocol === 'http/json') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
    return () => new OTLPTraceExporter();
  }
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  return () => new OTLPTraceExporter();
}

function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
