import type { Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import type { IdGenerator } from '@opentelemetry/sdk-trace-base';
import type { Clock } from '../base/clock.ts';
import type { RunObserver, RunRecord } from '../runs/run-record.ts';
import type { TraceContext } from '../runs/trace-context.ts';
import type { ChildSpan } from './child-spans.ts';
import type { TracePackages } from './load-packages.ts';
import { runSpan } from './run-span.ts';
import { TimeOfDay } from './time-of-day.ts';

interface RunTracesParts {
  readonly api: TracePackages['api'];
  readonly tracer: Pick<Tracer, 'startSpan'>;
  readonly ids: RequestTraceIds;
  readonly clock: Pick<Clock, 'now' | 'date'>;
  readonly hasContent: boolean;
}

/** Makes a span with children of each run that has ended, with the times at which it all happened. */
export class RunTraces implements RunObserver {
  readonly wantsContent: boolean;
  readonly #parts: RunTracesParts;
  readonly #timeOfDay: TimeOfDay;

  constructor(parts: RunTracesParts) {
    this.#parts = parts;
    this.wantsContent = parts.hasContent;
    this.#timeOfDay = new TimeOfDay(parts.clock);
  }

  ended(record: RunRecord): void {
    const shape = runSpan(record);
    if (!shape) return;
    const { api } = this.#parts;
    const at = this.#timeOfDay.reader();
    const { from, to, name, attributes, children, error } = shape;
    const origin = record.origin?.trace;
    const span = this.#start(name, origin, {
      kind: api.SpanKind.SERVER,
      startTime: at(from),
      attributes: attributes,
    });
    if (span.isRecording()) {
      if (error !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: error });
      const within = api.trace.setSpan(api.ROOT_CONTEXT, span);
      for (const child of children) this.#child(child, within, at(child.from)).end(at(child.to));
    }
    span.end(at(to));
  }

  #child({ name, attributes, error }: ChildSpan, within: Context, startTime: [number, number]): Span {
    const { api, tracer } = this.#parts;
    const kind = attributes ? api.SpanKind.CLIENT : api.SpanKind.INTERNAL;
    const span = tracer.startSpan(name, { startTime, kind, ...(attributes && { attributes }) }, within);
    if (error !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: error });
    return span;
  }

  #start(name: string, origin: TraceContext | undefined, options: SpanOptions): Span {
    const { api, tracer, ids } = this.#parts;
    if (origin?.parentId === undefined) {
      return ids.use(origin?.traceId, () => tracer.startSpan(name, options, api.ROOT_CONTEXT));
    }
    const parent = api.trace.setSpanContext(api.ROOT_CONTEXT, {
      traceId: origin.traceId,
      spanId: origin.parentId,
      traceFlags: origin.isSampled ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE,
      isRemote: true,
      ...(origin.state !== undefined && { traceState: api.createTraceState(origin.state) }),
    });
    return tracer.startSpan(name, options, parent);
  }
}

/** Random IDs, except that a trace which begins with a request gets the ID that the request's log lines have already. */
export class RequestTraceIds implements IdGenerator {
  readonly #random: IdGenerator;
  #next: string | undefined;

  constructor(random: IdGenerator) {
    this.#random = random;
  }

  /** Calls the function; the trace that begins in it has this ID. @param traceId absent = a random one */
  use<Result>(traceId: string | undefined, begin: () => Result): Result {
    this.#next = traceId;
    try {
      return begin();
    } finally {
      this.#next = undefined;
    }
  }

  generateTraceId(): string {
    return this.#next ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.#random.generateSpanId();
  }
}
