/** What a finished run looks like as a span with children: a pure function of its record. */
import type { Period, RunKind, RunRecord } from '../runs/run-record.ts';
import type { Attributes } from './attributes.ts';
import { type ChildSpan, childSpans } from './child-spans.ts';
import { contentAttributes } from './content-attributes.ts';

export interface RunSpan extends Period {
  readonly name: string;
  readonly attributes: Attributes;
  readonly children: readonly ChildSpan[];
  /** Absent = the run reached its end. */
  readonly error?: string;
}

/** OpenTelemetry has no name of its own for ranking. Texts are tokenized too often to be worth a span. */
const operations: Readonly<Record<RunKind, string | undefined>> = {
  chat: 'chat',
  generate: 'text_completion',
  embed: 'embeddings',
  rerank: 'rerank',
  tokenize: undefined,
};

/** OpenTelemetry has no value for a local server; this is the one whose API we have. */
const PROVIDER = 'ollama';

/** As many as OpenAI allows, and as long as anybody needs: each is text that a user chose. */
const MAX_STOPS = 4;
const MAX_STOP_CHARACTERS = 64;

const MAX_MESSAGE_CHARACTERS = 500;

const MILLISECONDS_PER_SECOND = 1000;

/** @returns undefined for a run of which no span is made: one that computed nothing, and did not try to */
export function runSpan(record: RunRecord): RunSpan | undefined {
  const { model, times, outcome, error } = record;
  const operation = operations[record.kind];
  if (operation === undefined || outcome === 'unload') return undefined;
  if (isWritten(record) && outcome === 'done') return undefined;
  const failure = outcome === 'canceled' ? 'canceled' : error?.code;
  return {
    name: model === undefined ? operation : `${operation} ${model}`,
    from: times.started,
    to: times.ended,
    attributes: {
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': PROVIDER,
      ...askedAttributes(record),
      ...resultAttributes(record),
      ...originAttributes(record),
      ...(failure !== undefined && { 'error.type': failure }),
      ...(record.content && contentAttributes(record.content, finishReason(record))),
    },
    children: childSpans(record),
    ...(failure !== undefined && { error: messageOfFailure(error) }),
  };
}

/** Messages may quote what the client sent. */
function messageOfFailure(error: RunRecord['error']): string {
  return (error?.message ?? 'the client canceled the request').slice(0, MAX_MESSAGE_CHARACTERS);
}

/** Whether the run is one that writes text. */
function isWritten({ kind }: RunRecord): boolean {
  return kind === 'chat' || kind === 'generate';
}

function isStreamed({ asked, ...record }: RunRecord): boolean {
  return isWritten({ asked, ...record }) && (asked.stream ?? true);
}

function askedAttributes(record: RunRecord): Attributes {
  const { model, asked } = record;
  return present({
    'gen_ai.request.model': model,
    'gen_ai.request.max_tokens': atLeast(0, asked.maxTokens),
    'gen_ai.request.seed': atLeast(0, asked.seed),
    'gen_ai.request.temperature': asked.temperature,
    'gen_ai.request.top_p': asked.topP,
    'gen_ai.request.top_k': asked.topK,
    'gen_ai.request.frequency_penalty': asked.frequencyPenalty,
    'gen_ai.request.presence_penalty': asked.presencePenalty,
    'gen_ai.request.stream': isWritten(record) ? isStreamed(record) : undefined,
    'gen_ai.request.stop_sequences': asked.stop
      ?.slice(0, MAX_STOPS)
      .map((stop) => stop.slice(0, MAX_STOP_CHARACTERS)),
    'gen_ai.output.type': asked.outputType,
  });
}

function resultAttributes(record: RunRecord): Attributes {
  const { model, times, tokens } = record;
  const reason = finishReason(record);
  const firstMs = times.firstToken === undefined ? undefined : times.firstToken - times.started;
  const isTimed = firstMs !== undefined && isStreamed(record);
  const hasRun = times.granted !== undefined && record.outcome !== 'load';
  return present({
    ...(hasRun && { 'gen_ai.response.model': model, 'gen_ai.usage.input_tokens': tokens.prompt }),
    ...(hasRun &&
      isWritten(record) && {
        'gen_ai.usage.output_tokens': tokens.output,
        'gen_ai.usage.cache_read.input_tokens': tokens.cached,
      }),
    'gen_ai.usage.reasoning.output_tokens': atLeast(1, tokens.thinking),
    'gen_ai.response.finish_reasons': reason === undefined ? undefined : [reason],
    'gen_ai.response.time_to_first_chunk': isTimed ? firstMs / MILLISECONDS_PER_SECOND : undefined,
  });
}

function originAttributes({ origin }: RunRecord): Attributes {
  return present({
    'gen_ai.response.id': origin?.responseId,
    'gen_ai.conversation.id': origin?.conversationId,
    'server.address': origin?.server?.address,
    'server.port': origin?.server?.port,
  });
}

/** Why the model ended its answer, in the words of OpenAI's API. */
function finishReason({ outcome, calls }: RunRecord): string | undefined {
  if (outcome === 'stop') return calls > 0 ? 'tool_calls' : 'stop';
  return outcome === 'length' ? 'length' : undefined;
}

/** A value that says nothing, such as the seed -1 for any seed, is left out. */
function atLeast(minimum: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= minimum ? value : undefined;
}

function present(values: Readonly<Record<string, Attributes[string] | undefined>>): Attributes {
  const attributes: Record<string, Attributes[string]> = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) attributes[name] = value;
  return attributes;
}
