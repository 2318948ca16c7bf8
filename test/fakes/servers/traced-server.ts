import { systemClock } from '../../../src/base/clock.ts';
import type { LogFields, Logger } from '../../../src/base/logger.ts';
import { startTraces, type Traces } from '../../../src/traces/traces.ts';
import { type OpenAiServer, startOpenAiServer } from './openai-server.ts';
import { type OtlpCollector, startOtlpCollector } from './otlp-collector.ts';

export interface TracedServer extends AsyncDisposable {
  readonly api: OpenAiServer;
  readonly collector: OtlpCollector;
  readonly traces: Traces;
  /** What the tracing part has logged. */
  readonly lines: { readonly level: string; readonly message: string; readonly fields?: LogFields }[];
  post(path: string, body: object, headers?: Record<string, string>): Promise<Response>;
}

type Options = NonNullable<Parameters<typeof startOpenAiServer>[0]>;

/** The whole server with the model "m", which sends its spans to a collector of its own. */
export async function startTracedServer(
  variables: Readonly<Record<string, string>> = {},
  options: Options = {},
): Promise<TracedServer> {
  const collector = await startOtlpCollector();
  const own = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '20',
    ...variables,
  };
  // OpenTelemetry's packages read the process's own variables.
  const restore = withVariables(own);
  const lines: TracedServer['lines'] = [];
  const traces = await startTraces({
    environment: process.env,
    clock: systemClock,
    logger: loggerTo(lines),
    version: '1.2.3',
  });
  const api = await startOpenAiServer({ ...options, traces });
  return {
    api,
    collector,
    traces,
    lines,
    post: (path, body, headers = {}) =>
      fetch(`${api.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
    [Symbol.asyncDispose]: async () => {
      await api.close();
      await traces.close();
      restore();
      await collector.close();
    },
  };
}

/** Sets variables of this process. @returns puts back what was there */
export function withVariables(variables: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

function loggerTo(lines: TracedServer['lines']): Logger {
  const write = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push({ level, message, ...(fields && { fields }) });
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => logger,
  };
  return logger;
}
