/** Where the time of an answer went, from the metrics of its last chunk. Durations are nanoseconds. */
import type { AnswerTiming } from '../chats/chat-message.ts';

export type TimeKind = 'queue' | 'load' | 'prompt' | 'thinking' | 'answer' | 'rest';

interface TimePart {
  readonly kind: TimeKind;
  /** As the name that bars expect. */
  readonly amount: number;
}

const NANOSECONDS = 1e6;

/** The parts of the whole time in the order in which they happened, without those that took none. */
export function timeParts(timing: AnswerTiming): TimePart[] {
  const { load_duration: load = 0, queue_duration: queue = 0 } = timing;
  const { prompt_eval_duration: prompt = 0, eval_duration: decode = 0 } = timing;
  const thinking = Math.min(timing.eval_thinking_duration ?? 0, decode);
  // Checks, templates and sending.
  const rest = Math.max(0, (timing.total_duration ?? 0) - load - prompt - decode);
  const parts: TimePart[] = [
    { kind: 'queue', amount: Math.min(queue, load) },
    { kind: 'load', amount: Math.max(0, load - queue) },
    { kind: 'prompt', amount: prompt },
    { kind: 'thinking', amount: thinking },
    { kind: 'answer', amount: decode - thinking },
    { kind: 'rest', amount: rest },
  ];
  return parts.filter(({ amount }) => amount > 0);
}

/** Time to the first text: as the page saw it, or what the server did before. Undefined if nothing is known. */
export function firstTokenTime(timing: AnswerTiming): number | undefined {
  if (timing.first_text_ms !== undefined) return timing.first_text_ms * NANOSECONDS;
  const { load_duration: load = 0, prompt_eval_duration: prompt = 0 } = timing;
  return load + prompt > 0 ? load + prompt : undefined;
}

/** Tokens of the answer in a second; undefined without any. */
export function answerRate({ eval_count = 0, eval_duration = 0 }: AnswerTiming): number | undefined {
  return eval_count > 0 && eval_duration > 0 ? (eval_count / eval_duration) * 1e9 : undefined;
}

/** Tokens of the prompt whose state was taken from a cache, and those that were computed. */
export function promptTokens(timing: AnswerTiming): { readonly cached: number; readonly computed: number } {
  const { prompt_eval_count: all = 0, prompt_eval_cached: cached = 0 } = timing;
  return { cached: Math.min(cached, all), computed: Math.max(0, all - cached) };
}
