/** Reads the streams of Ollama's API, which is ours. */
import { randomBytes } from 'node:crypto';
import type { ToolCall } from '../../../api/common.ts';
import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import type { ReplyEvent } from '../../transport/reply-events.ts';
import { replyObject } from '../../transport/reply-json.ts';
import type { AnswerEnd, AnswerPart, ReplyReader } from '../dialect.ts';
import { countOf, objectOf, objectsOf, textOf } from '../fields.ts';
import { logprobOf } from '../logprob.ts';
import { brokenOff, reportedError, reportsError } from '../reported-error.ts';

/** Token IDs of a conversation; more than any context has. */
const MAX_CONTEXT_TOKENS = 1_000_000;

export class OllamaReader implements ReplyReader {
  /** Its calls are whole. */
  readonly collected = 0;
  readonly #kind: 'chat' | 'generate';
  #calls = 0;
  #isOver = false;

  constructor(kind: 'chat' | 'generate') {
    this.#kind = kind;
  }

  read({ data }: ReplyEvent): AnswerPart[] {
    if (this.#isOver) return [];
    const chunk = replyObject(data);
    if (reportsError(chunk)) throw reportedError(chunk);
    const source = this.#kind === 'chat' ? objectOf(chunk, 'message') : chunk;
    const content = textOf(source, this.#kind === 'chat' ? 'content' : 'response');
    const thinking = textOf(source, 'thinking');
    const calls = objectsOf(source, 'tool_calls').map((call) => this.#call(call));
    const logprobs = objectsOf(chunk, 'logprobs').map(logprobOf);
    const isEmpty = content === '' && thinking === '' && calls.length === 0 && logprobs.length === 0;
    const text: AnswerPart[] = isEmpty
      ? []
      : [{ type: 'text', content, thinking, calls, ...(logprobs.length > 0 && { logprobs }) }];
    if (chunk.done !== true) return text;
    this.#isOver = true;
    return [...text, endOf(chunk)];
  }

  end(): AnswerPart[] {
    if (!this.#isOver) throw brokenOff();
    return [];
  }

  #call(call: JsonObject): ToolCall {
    const called = objectOf(call, 'function');
    const { arguments: given } = called;
    return {
      id: textOf(call, 'id') || `call_${randomBytes(6).toString('hex')}`,
      function: {
        index: this.#calls++,
        name: textOf(called, 'name'),
        arguments: isJsonObject(given) ? given : textOf(called, 'arguments'),
      },
    };
  }
}

function endOf(chunk: JsonObject): AnswerEnd {
  const { stop_sequence: stopText, context } = chunk;
  const isContext =
    Array.isArray(context) && context.length <= MAX_CONTEXT_TOKENS && context.every(Number.isInteger);
  return {
    type: 'end',
    reason: chunk.done_reason === 'length' ? 'length' : 'stop',
    ...(typeof stopText === 'string' && { stopText }),
    usage: {
      prompt: countOf(chunk, 'prompt_eval_count'),
      cached: countOf(chunk, 'prompt_eval_cached'),
      thinking: countOf(chunk, 'eval_thinking_count'),
      output: countOf(chunk, 'eval_count'),
    },
    durations: {
      load: countOf(chunk, 'load_duration'),
      prompt: countOf(chunk, 'prompt_eval_duration'),
      answer: countOf(chunk, 'eval_duration'),
    },
    ...(isContext && { context: context.map(Number) }),
  };
}
