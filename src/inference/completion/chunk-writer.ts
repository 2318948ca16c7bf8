import type { ChatResponse } from '../../api/chat.ts';
import type { ChunkFields, Logprob, Metrics, QueueProgress } from '../../api/common.ts';
import type { GenerateResponse } from '../../api/generate.ts';
import type { FinishReason, PrefillProgress } from '../../protocol/completion.ts';
import { emptyPart, type OutputPart } from './completion-reader.ts';

export interface FinishedRun {
  readonly reason: FinishReason;
  readonly stopText: string | undefined;
  readonly metrics: Metrics;
  readonly truncated: boolean;
  /** Token IDs of the prompt and the completion; absent if tokens alone do not say what the prompt was. */
  readonly tokens?: readonly number[];
}

/** Which model of which upstream answers. */
export type RemoteFields = Pick<ChunkFields, 'remote_model' | 'remote_host'>;

/** Creates the wire chunks of one run, with the fields in the order in which Ollama writes them. */
export class ChunkWriter<Text extends object> {
  readonly #model: string;
  readonly #text: (part: OutputPart) => Text;
  readonly #withContext: boolean;
  readonly #remote: RemoteFields;

  constructor(
    model: string,
    text: (part: OutputPart) => Text,
    { withContext = false, remote = {} }: { withContext?: boolean; remote?: RemoteFields | undefined } = {},
  ) {
    this.#model = model;
    this.#text = text;
    this.#withContext = withContext;
    this.#remote = remote;
  }

  part(part: OutputPart, logprobs?: Logprob[]): ChunkFields & Text {
    const chunk: ChunkFields & Text = this.#start(part, false);
    if (logprobs) chunk.logprobs = logprobs;
    return chunk;
  }

  progress({
    promptTokens,
    cachedTokens,
    processedTokens,
    milliseconds,
  }: PrefillProgress): ChunkFields & Text {
    const progress = {
      total: promptTokens,
      cache: cachedTokens,
      processed: processedTokens,
      time_ms: milliseconds,
    };
    return { ...this.#start(emptyPart, false), prompt_progress: progress };
  }

  /** What the run waits for. */
  queued(progress: QueueProgress): ChunkFields & Text {
    return { ...this.#start(emptyPart, false), queue_progress: progress };
  }

  finished({ reason, stopText, metrics, truncated, tokens }: FinishedRun): ChunkFields & Text {
    return {
      ...this.#start(emptyPart, true),
      done_reason: reason,
      ...(stopText !== undefined && { stop_sequence: stopText }),
      ...(truncated && { prompt_truncated: true }),
      ...(this.#withContext && tokens && { context: [...tokens] }),
      ...metrics,
    };
  }

  /** The whole reply to a request that only loads or unloads. */
  empty(reason: 'load' | 'unload'): ChunkFields & Text {
    return { ...this.#start(emptyPart, true), done_reason: reason };
  }

  /** The whole reply to a request that only asks for its rendered prompt. */
  rendered(prompt: string, mediaCount = 0): ChunkFields & Text {
    const count = mediaCount > 0 ? { image_count: mediaCount } : {};
    return { ...this.#start(emptyPart, false), _debug_info: { rendered_template: prompt, ...count } };
  }

  #start(part: OutputPart, done: boolean): ChunkFields & Text {
    const created_at = new Date().toISOString();
    return { model: this.#model, ...this.#remote, created_at, ...this.#text(part), done };
  }
}

export function chatWriter(model: string, remote?: RemoteFields): ChunkWriter<Pick<ChatResponse, 'message'>> {
  const text = ({ content, thinking, calls }: OutputPart): Pick<ChatResponse, 'message'> => ({
    message: {
      role: 'assistant',
      content,
      ...(thinking !== '' && { thinking }),
      ...(calls.length > 0 && { tool_calls: [...calls] }),
    },
  });
  return new ChunkWriter(model, text, { remote });
}

type GenerateText = Pick<GenerateResponse, 'response' | 'thinking' | 'tool_calls'>;

/** @param raw a raw run reports no context */
export function generateWriter(
  model: string,
  raw: boolean,
  remote?: RemoteFields,
): ChunkWriter<GenerateText> {
  const text = ({ content, thinking, calls }: OutputPart): GenerateText => ({
    response: content,
    ...(thinking !== '' && { thinking }),
    ...(calls.length > 0 && { tool_calls: [...calls] }),
  });
  return new ChunkWriter(model, text, { withContext: !raw, remote });
}
