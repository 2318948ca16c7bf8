/** A collector of our own: receives spans over OTLP/HTTP in JSON, or notes that they came in protobuf. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

type SpanValue = string | number | boolean | readonly SpanValue[];

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly state: string | undefined;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'other';
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, SpanValue>>;
  readonly isError: boolean;
  readonly message: string | undefined;
  /** Of the resource that it belongs to. */
  readonly resource: Readonly<Record<string, SpanValue>>;
}

export interface OtlpCollector extends AsyncDisposable {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** What was posted, with its headers, in order. */
  readonly posts: {
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: Buffer;
  }[];
  /** How it answers from now on; absent = 200 with an empty reply. */
  answer: ((response: ServerResponse) => void) | undefined;
  /** The spans without a parent among the received ones, and those of other services. */
  runs(): ReceivedSpan[];
  childrenOf(span: ReceivedSpan): ReceivedSpan[];
  /** Waits for this many runs. */
  waitForRuns(count: number): Promise<ReceivedSpan[]>;
  close(): Promise<void>;
}

const phases = new Set(['queue', 'load', 'prefill', 'decode']);
const LOOK_MS = 10;
const LIMIT_MS = 30_000;

export async function startOtlpCollector(port = 0): Promise<OtlpCollector> {
  const server = createServer((request, response) => void receive(request, response));
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sent = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    collector.posts.push({ path: request.url ?? '', headers: request.headers, body });
    const isJson = request.headers['content-type'] === 'application/json';
    if (isJson && request.url?.endsWith('/v1/traces'))
      collector.spans.push(...spansOf(JSON.parse(body.toString())));
    if (collector.answer) collector.answer(response);
    else response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  };
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const collector: OtlpCollector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    posts: [],
    answer: undefined,
    runs: () => collector.spans.filter(({ name }) => !phases.has(name)),
    childrenOf: ({ spanId }) =>
      collector.spans
        .filter(({ parentId }) => parentId === spanId)
        .sort((left, right) => left.start - right.start),
    waitForRuns: async (count) => {
      for (let waited = 0; collector.runs().length < count && waited < LIMIT_MS; waited += LOOK_MS) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      return collector.runs();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return collector;
}

/** The parts of OTLP's JSON that we read (https://opentelemetry.io/docs/specs/otlp/). */
interface TraceExport {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly status: { readonly code: number; readonly message?: string };
}

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: number | string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } };

const kinds: Readonly<Record<number, ReceivedSpan['kind']>> = { 1: 'internal', 2: 'server' };
const ERROR = 2;
const NANOSECONDS_PER_MICROSECOND = 1000n;

function spansOf({ resourceSpans }: TraceExport): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentId: span.parentSpanId || undefined,
        state: span.traceState,
        name: span.name,
        kind: kinds[span.kind] ?? 'other',
        start: milliseconds(span.startTimeUnixNano),
        end: milliseconds(span.endTimeUnixNano),
        attributes: recordOf(span.attributes),
        isError: span.status.code === ERROR,
        message: span.status.message,
        resource: recordOf(resource.attributes),
      })),
    ),
  );
}

function milliseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / NANOSECONDS_PER_MICROSECOND) / 1000;
}

function recordOf(values: readonly KeyValue[]): Record<string, SpanValue> {
  return Object.fromEntries(values.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: AnyValue): SpanValue {
  if ('stringValue' in value) return value.stringValue;
  if ('boolValue' in value) return value.boolValue;
  if ('intValue' in value) return Number(value.intValue);
  if ('doubleValue' in value) return value.doubleValue;
  return value.arrayValue.values.map(plainValue);
}
