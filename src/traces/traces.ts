/** Spans of runs for OpenTelemetry collectors, if the standard variables name one. */
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Environment } from '../config/environment.ts';
import type { RunObserver } from '../runs/run-record.ts';
import { loadPackages, packageNames, type TracePackages } from './load-packages.ts';
import { QuietLog } from './quiet-log.ts';
import { ReportedExporter } from './reported-exporter.ts';
import { RequestTraceIds, RunTraces } from './run-traces.ts';
import { type TraceSettings, traceSettings } from './trace-settings.ts';

export interface Traces {
  /** Absent = no spans are made. */
  readonly observer?: RunObserver;
  /** Whether requests without a trace of their own begin one. */
  readonly isTracing: boolean;
  /** Whether a trace that a request brings is continued. */
  readonly isContinued: boolean;
  /** Sends what is waiting, for a limited time, and stops; safe to call twice. */
  close(): Promise<void>;
}

interface TracesParts {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
}

/** A server that stops must not wait for a collector that does not answer. */
const CLOSE_LIMIT_MS = 2000;
/** Spans per request to the collector. They are written in one go, which must not keep other requests waiting. */
const BATCH_SPANS = 128;
/** Spans that wait for a collector; more are dropped. With what was said in the runs, each may take 100 KB. */
const QUEUE_SPANS = 2048;
const QUEUE_SPANS_WITH_CONTENT = 512;
const MAX_MESSAGE_CHARACTERS = 300;
/** The service that spans name unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES does. */
const SERVICE_NAME = 'ollama';

const untraced: Traces = { isTracing: false, isContinued: true, close: async () => undefined };

/**
 * Loads OpenTelemetry's packages only if there is a collector to send spans to. Never fails because of them: a server
 * without traces is better than none.
 */
export async function startTraces(parts: TracesParts): Promise<Traces> {
  const { logger } = parts;
  const { settings, warnings } = traceSettings(parts.environment);
  for (const warning of warnings) logger.warn(warning);
  if (!settings) return untraced;
  try {
    const packages = await loadPackages(settings.protocol);
    if (packages) return begin(packages, settings, parts);
    logger.warn(
      `no traces are sent: a package of OpenTelemetry is not installed: run "npm install" without --omit=optional, or install the packages`,
      { packages: packageNames },
    );
  } catch (error) {
    logger.warn('no traces are sent: OpenTelemetry could not be started', { reason: messageOf(error) });
  }
  return untraced;
}

function begin(packages: TracePackages, settings: TraceSettings, parts: TracesParts): Traces {
  const { api, sdk, resources } = packages;
  const { clock, logger, version, environment } = parts;
  const { collector, hasContent, isContinued } = settings;
  const quiet = new QuietLog(logger, clock);
  followDiagnostics(packages, quiet);
  const exporter = new ReportedExporter(packages.createExporter(), (reason) =>
    quiet.warn('spans could not be sent to the collector and are lost; requests are not affected', {
      collector,
      reason,
    }),
  );
  const named = resources.resourceFromAttributes({
    'service.name': SERVICE_NAME,
    'service.version': version,
  });
  const detected = resources.detectResources({ detectors: [resources.envDetector] });
  const ids = new RequestTraceIds(new sdk.RandomIdGenerator());
  const provider = new sdk.BasicTracerProvider({
    resource: resources.defaultResource().merge(named).merge(detected),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter, queueLimits(environment, hasContent))],
    idGenerator: ids,
  });
  const tracer = provider.getTracer('ollama-ts', version);
  logger.info('traces are sent', { collector, protocol: settings.protocol, content: hasContent });
  let closing: Promise<void> | undefined;
  return {
    observer: new RunTraces({ api, tracer, ids, clock, hasContent }),
    isTracing: true,
    isContinued,
    close: () => {
      closing ??= within(CLOSE_LIMIT_MS, provider.shutdown(), clock);
      return closing;
    },
  };
}

/** Our limits, unless the user sets others. */
function queueLimits(environment: Environment, hasContent: boolean) {
  const isSet = (name: string) => (environment[name] ?? '').trim() !== '';
  return {
    ...(!isSet('OTEL_BSP_MAX_EXPORT_BATCH_SIZE') && { maxExportBatchSize: BATCH_SPANS }),
    ...(!isSet('OTEL_BSP_MAX_QUEUE_SIZE') && {
      maxQueueSize: hasContent ? QUEUE_SPANS_WITH_CONTENT : QUEUE_SPANS,
    }),
  };
}

/** The packages report what is wrong with other variables, and how many spans were dropped. */
function followDiagnostics({ api }: TracePackages, quiet: QuietLog): void {
  const report = (...texts: unknown[]) => {
    // A name of the part may come first, and an answer of the collector last.
    const said = texts.filter((text) => typeof text === 'string').join(': ');
    quiet.warn('OpenTelemetry reports a problem', { message: said.slice(0, MAX_MESSAGE_CHARACTERS) });
  };
  const ignore = () => undefined;
  // Errors are failures to send, which the exporter has reported already.
  const handlers = { error: ignore, warn: report, info: ignore, debug: ignore, verbose: ignore };
  api.diag.setLogger(handlers, { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true });
}

/** Waits for something, but not longer, and whatever becomes of it. */
async function within(limitMs: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = clock.after(limitMs, resolve);
    const settle = () => {
      cancel();
      resolve();
    };
    work.then(settle, settle);
  });
}
