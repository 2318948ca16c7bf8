import type { ChatResponse } from '../../api/chat.ts';
import type { Logprob } from '../../api/common.ts';
import { type CallForm, callsMember } from './call-form.ts';
import { type Usage, usageOf } from './usage.ts';

/** Fields that all parts of one reply share. */
export interface ReplyHead {
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  readonly model: string;
}

/** One complete answer. */
export interface Choice {
  readonly index: number;
  readonly reply: ChatResponse;
}

/** A chunk of one of several answers. */
export interface ChoiceChunk {
  readonly index: number;
  readonly chunk: ChatResponse;
}

const FINGERPRINT = 'fp_ollama';

type FinishReason = 'stop' | 'length' | 'tool_calls' | 'function_call';

function finishReason({ done_reason }: ChatResponse, hasCalls: boolean, form: CallForm): FinishReason {
  // What the token limit cut may have been another call.
  if (done_reason === 'length') return 'length';
  if (!hasCalls) return 'stop';
  return form.isLegacy ? 'function_call' : 'tool_calls';
}

function wireLogprobs(logprobs: readonly Logprob[] | undefined): object {
  return logprobs ? { logprobs: { content: logprobs.map(withAlternatives), refusal: null } } : {};
}

function withAlternatives({ top_logprobs = [], ...token }: Logprob): object {
  return { ...token, top_logprobs };
}

/** The reply to a request without streaming. */
export function chatCompletion(head: ReplyHead, choices: readonly Choice[], form: CallForm): object {
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    system_fingerprint: FINGERPRINT,
    choices: choices.map(({ index, reply }) => {
      const { content, thinking, tool_calls: calls = [] } = reply.message;
      return {
        index,
        message: {
          role: 'assistant',
          // As in OpenAI's API, content is null when the answer consists only of calls.
          content: content === '' && calls.length > 0 ? null : content,
          ...(thinking && { reasoning: thinking }),
          ...callsMember(calls, form),
          refusal: null,
        },
        finish_reason: finishReason(reply, calls.length > 0, form),
        ...wireLogprobs(reply.logprobs),
      };
    }),
    usage: usageOf(choices.map(({ reply }) => reply)),
  };
}

/** Converts native chunks to the chunks of a streamed reply. */
export class ChatChunks {
  readonly #head: ReplyHead;
  readonly #form: CallForm;
  readonly #begun = new Set<number>();
  readonly #withCalls = new Set<number>();
  readonly #lasts: ChatResponse[] = [];

  constructor(head: ReplyHead, form: CallForm) {
    this.#head = head;
    this.#form = form;
  }

  /** Converts one native chunk; the last chunk of an answer also ends it. */
  of({ index, chunk }: ChoiceChunk): object[] {
    const { content, thinking, tool_calls: calls = [] } = chunk.message;
    const { prompt_progress } = chunk;
    if (prompt_progress) {
      const delta = this.#withRole(index, {});
      return [{ ...this.#chunk([{ index, delta, finish_reason: null }]), prompt_progress }];
    }
    const deltas: object[] = [];
    if (thinking) deltas.push({ reasoning: thinking });
    if (calls.length > 0) {
      this.#withCalls.add(index);
      deltas.push(callsMember(calls, this.#form));
    }
    const isText = content !== '' || (!chunk.done && deltas.length === 0 && chunk.logprobs !== undefined);
    if (isText || (chunk.done && !this.#begun.has(index) && deltas.length === 0)) deltas.push({ content });
    const chunks = deltas.map((delta, at) => {
      // The log probabilities belong to the whole native chunk, so they are sent once.
      const logprobs = at === 0 ? wireLogprobs(chunk.logprobs) : {};
      return this.#chunk([{ index, delta: this.#withRole(index, delta), finish_reason: null, ...logprobs }]);
    });
    if (!chunk.done) return chunks;
    this.#lasts.push(chunk);
    const reason = finishReason(chunk, this.#withCalls.has(index), this.#form);
    return [...chunks, this.#chunk([{ index, delta: {}, finish_reason: reason }])];
  }

  /** The final chunk that `stream_options.include_usage` asks for. */
  usage(): object {
    return { ...this.#chunk([]), usage: usageOf(this.#lasts) satisfies Usage };
  }

  #withRole(index: number, delta: object): object {
    if (this.#begun.has(index)) return delta;
    this.#begun.add(index);
    return { role: 'assistant', content: '', ...delta };
  }

  #chunk(choices: readonly object[]): object {
    const { id, created, model } = this.#head;
    return { id, object: 'chat.completion.chunk', created, model, system_fingerprint: FINGERPRINT, choices };
  }
}
