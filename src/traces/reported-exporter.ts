import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';

type Done = Parameters<SpanExporter['export']>[1];

/** `ExportResultCode.FAILED` of OpenTelemetry's core. */
const FAILED = 1;
/** Characters of a collector's answer that are worth a line in the log. */
const MAX_REASON_CHARACTERS = 200;

/** Sends spans through another exporter, and reports why they could not be sent. */
export class ReportedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #report: (reason: string) => void;

  constructor(exporter: SpanExporter, report: (reason: string) => void) {
    this.#exporter = exporter;
    this.#report = report;
  }

  /** Writes the spans in a turn of its own, because the last of them may come from a run whose reply is being sent. */
  export(spans: ReadableSpan[], done: Done): void {
    const finish: Done = (result) => {
      if (result.error) this.#report(reasonOf(result.error));
      done(result);
    };
    setImmediate(() => {
      try {
        this.#exporter.export(spans, finish);
      } catch (error) {
        // Nobody else would catch it in this turn.
        finish({ code: FAILED, error: error instanceof Error ? error : new Error(String(error)) });
      }
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush?.() ?? Promise.resolve();
  }
}

/** The message, or the code of a system error, whose message may be empty; the status of a reply comes first. */
function reasonOf(error: Error): string {
  const code = 'code' in error && error.code !== undefined ? `${error.code} ` : '';
  return `${code}${error.message}`.trim().slice(0, MAX_REASON_CHARACTERS) || error.name;
}
