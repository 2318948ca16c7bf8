import type { Logprob } from '../../api/common.ts';
import type { GenerateResponse } from '../../api/generate.ts';
import type { ReplyHead } from './chat-reply.ts';
import { usageOf } from './usage.ts';

/** By answer: the prompt, where `echo` wants it in front. */
type Echoes = readonly string[];

interface Answer {
  readonly index: number;
  readonly reply: GenerateResponse;
}

function choice(index: number, text: string, { done, done_reason, logprobs }: GenerateResponse): object {
  return {
    index,
    text,
    finish_reason: done ? (done_reason === 'length' ? 'length' : 'stop') : null,
    logprobs: logprobs ? wireLogprobs(logprobs) : null,
  };
}

/** The older form: parallel lists. Offsets count characters of the answer. */
function wireLogprobs(logprobs: readonly Logprob[]): object {
  let offset = 0;
  const offsets = logprobs.map(({ token }) => {
    offset += token.length;
    return offset - token.length;
  });
  return {
    tokens: logprobs.map(({ token }) => token),
    token_logprobs: logprobs.map(({ logprob }) => logprob),
    top_logprobs: logprobs.map(({ top_logprobs = [] }) =>
      Object.fromEntries(top_logprobs.map(({ token, logprob }) => [token, logprob])),
    ),
    text_offset: offsets,
  };
}

const common = ({ id, created, model }: ReplyHead) => ({
  id,
  object: 'text_completion',
  created,
  model,
  system_fingerprint: 'fp_ollama',
});

/** The reply that is not streamed. */
export function textCompletion(head: ReplyHead, answers: readonly Answer[], echoes: Echoes): object {
  const choices = answers.map(({ index, reply }) =>
    choice(index, (echoes[index] ?? '') + reply.response, reply),
  );
  return { ...common(head), choices, usage: usageOf(answers.map(({ reply }) => reply)) };
}

/** Makes the chunks of a stream. */
export class CompletionChunks {
  readonly #head: ReplyHead;
  readonly #echoes: Echoes;
  readonly #begun = new Set<number>();
  readonly #lasts: GenerateResponse[] = [];

  constructor(head: ReplyHead, echoes: Echoes) {
    this.#head = head;
    this.#echoes = echoes;
  }

  of({ index, chunk }: { index: number; chunk: GenerateResponse }): object[] {
    const echo = this.#begun.has(index) ? '' : (this.#echoes[index] ?? '');
    this.#begun.add(index);
    if (chunk.done) this.#lasts.push(chunk);
    return [{ ...common(this.#head), choices: [choice(index, echo + chunk.response, chunk)] }];
  }

  usage(): object {
    return { ...common(this.#head), choices: [], usage: usageOf(this.#lasts) };
  }
}
