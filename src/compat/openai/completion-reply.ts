import type { PromptLogprob } from '../../api/common.ts';
import type { GenerateResponse } from '../../api/generate.ts';
import type { ReplyHead } from './chat-reply.ts';
import { characterCount, legacyLogprobs, lengthOf } from './legacy-logprobs.ts';
import { type Usage, usageOfPrompts } from './usage.ts';

/** How answers map to prompts. */
interface AnswerLayout {
  /** For each answer, the prompt that `echo` puts in front of it. */
  readonly echoes: readonly string[];
  /** For each answer, the log probabilities of its prompt's tokens, complete once the answer begins. */
  readonly promptLogprobs: readonly (readonly PromptLogprob[])[];
  readonly answersPerPrompt: number;
}

interface Answer {
  readonly index: number;
  readonly reply: GenerateResponse;
}

/** What comes in front of the text of a reply or chunk. */
interface Lead {
  readonly echo: string;
  readonly promptLogprobs: readonly PromptLogprob[];
  /** Number of characters in earlier chunks. */
  readonly start: number;
}

function choice({ index, reply }: Answer, { echo, promptLogprobs, start }: Lead): object {
  const { done, done_reason, response, logprobs = [] } = reply;
  const hasLogprobs = promptLogprobs.length > 0 || logprobs.length > 0;
  return {
    index,
    text: echo + response,
    finish_reason: done ? (done_reason === 'length' ? 'length' : 'stop') : null,
    logprobs: hasLogprobs ? legacyLogprobs(promptLogprobs, logprobs, echo, start) : null,
  };
}

function leadOf(index: number, { echoes, promptLogprobs }: AnswerLayout): Lead {
  return { echo: echoes[index] ?? '', promptLogprobs: promptLogprobs[index] ?? [], start: 0 };
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
  const choices = answers.map((answer) => choice(answer, leadOf(answer.index, layout)));
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
    const { prompt_progress } = chunk;
    if (prompt_progress) {
      const choices = [{ index, text: '', finish_reason: null, logprobs: null }];
      return [{ ...common(this.#head), choices, prompt_progress }];
    }
    const known = this.#offsets.get(index);
    const lead =
      known === undefined ? leadOf(index, this.#layout) : { echo: '', promptLogprobs: [], start: known };
    const length = characterCount(lead.echo) + lengthOf(chunk.logprobs ?? []);
    this.#offsets.set(index, lead.start + length);
    if (chunk.done) this.#lasts.push({ index, reply: chunk });
    return [{ ...common(this.#head), choices: [choice({ index, reply: chunk }, lead)] }];
  }

  usage(): object {
    return { ...common(this.#head), choices: [], usage: usage(this.#lasts, this.#layout) };
  }
}
