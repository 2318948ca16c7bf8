import type { Logprob } from '../../api/common.ts';
import type { GenerateResponse } from '../../api/generate.ts';
import type { ReplyHead } from './chat-reply.ts';
import { type Usage, usageOfPrompts } from './usage.ts';

/** How answers map to prompts. */
interface AnswerLayout {
  /** For each answer, the prompt that `echo` puts in front of it. */
  readonly echoes: readonly string[];
  readonly answersPerPrompt: number;
}

interface Answer {
  readonly index: number;
  readonly reply: GenerateResponse;
}

/** @param offset character offset of the reply's first token in the whole text */
function choice(index: number, text: string, reply: GenerateResponse, offset: number): object {
  const { done, done_reason, logprobs } = reply;
  return {
    index,
    text,
    finish_reason: done ? (done_reason === 'length' ? 'length' : 'stop') : null,
    logprobs: logprobs ? wireLogprobs(logprobs, offset) : null,
  };
}

/** Log probabilities in the older form of parallel lists. Offsets count characters of the whole text. */
function wireLogprobs(logprobs: readonly Logprob[], start: number): object {
  let offset = start;
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

/** The reply to a request without streaming. */
export function textCompletion(head: ReplyHead, answers: readonly Answer[], layout: AnswerLayout): object {
  const choices = answers.map(({ index, reply }) => {
    const echo = layout.echoes[index] ?? '';
    return choice(index, echo + reply.response, reply, echo.length);
  });
  return { ...common(head), choices, usage: usage(answers, layout) };
}

/** Answers are ordered by prompt: all those of the first prompt come first. */
function usage(answers: readonly Answer[], { answersPerPrompt }: AnswerLayout): Usage {
  const prompts: GenerateResponse[][] = [];
  for (const { index, reply } of answers) {
    const prompt = Math.floor(index / answersPerPrompt);
    prompts[prompt] ??= [];
    prompts[prompt].push(reply);
  }
  return usageOfPrompts(prompts);
}

/** Converts native chunks to the chunks of a streamed reply. */
export class CompletionChunks {
  readonly #head: ReplyHead;
  readonly #layout: AnswerLayout;
  /** For each answer that has begun, the character offset of its next token. */
  readonly #offsets = new Map<number, number>();
  readonly #lasts: Answer[] = [];

  constructor(head: ReplyHead, layout: AnswerLayout) {
    this.#head = head;
    this.#layout = layout;
  }

  of({ index, chunk }: { index: number; chunk: GenerateResponse }): object[] {
    const known = this.#offsets.get(index);
    const echo = known === undefined ? (this.#layout.echoes[index] ?? '') : '';
    const offset = known ?? echo.length;
    const length = chunk.logprobs?.reduce((total, { token }) => total + token.length, 0) ?? 0;
    this.#offsets.set(index, offset + length);
    if (chunk.done) this.#lasts.push({ index, reply: chunk });
    return [{ ...common(this.#head), choices: [choice(index, echo + chunk.response, chunk, offset)] }];
  }

  usage(): object {
    return { ...common(this.#head), choices: [], usage: usage(this.#lasts, this.#layout) };
  }
}
