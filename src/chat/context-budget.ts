import type { Message } from '../api/common.ts';

/**
 * Indexes at which a conversation may begin after older messages are dropped, from the first message to the last. Whole
 * turns are dropped first (a turn starts with the user), then single messages of the last turn. The result of a tool
 * never loses the call before it, unless it is the last message.
 */
export function possibleStarts(messages: readonly Message[]): number[] {
  const last = messages.length - 1;
  const lastTurn = messages.findLastIndex((message) => message.role === 'user');
  return messages.flatMap((message, index) => {
    if (index === 0 || index === last) return [index];
    if (message.role === 'user') return [index];
    return index > lastTurn && message.role === 'assistant' ? [index] : [];
  });
}

/** The messages from `start` on, preceded by the earlier system messages. */
export function dropBefore(messages: readonly Message[], start: number): Message[] {
  return messages.filter((message, index) => index >= start || message.role === 'system');
}

export interface FittedMessages<Prompt> {
  readonly messages: Message[];
  readonly prompt: Prompt;
  readonly dropped: number;
}

/**
 * Drops as few of the oldest messages as possible until the prompt fits. System messages and the last message always
 * stay, so the result may still be too long.
 * @param build renders and counts the prompt; called once when everything fits, otherwise about log2(turns) times
 */
export async function fitMessages<Prompt>(
  messages: readonly Message[],
  build: (messages: Message[]) => Promise<Prompt>,
  fits: (prompt: Prompt) => boolean,
): Promise<FittedMessages<Prompt>> {
  const attempt = async (start: number): Promise<FittedMessages<Prompt>> => {
    const kept = dropBefore(messages, start);
    return { messages: kept, prompt: await build(kept), dropped: messages.length - kept.length };
  };
  const whole = await attempt(0);
  const starts = possibleStarts(messages);
  if (fits(whole.prompt) || starts.length < 2) return whole;
  let best = await attempt(starts.at(-1) ?? 0);
  if (!fits(best.prompt)) return best;
  let tooLong = 0;
  let fitting = starts.length - 1;
  while (fitting - tooLong > 1) {
    const middle = (fitting + tooLong) >> 1;
    const candidate = await attempt(starts[middle] ?? 0);
    if (fits(candidate.prompt)) {
      fitting = middle;
      best = candidate;
    } else {
      tooLong = middle;
    }
  }
  return best;
}

export interface PromptCut {
  readonly tokens: number[];
  /** Number of tokens removed from the middle. */
  readonly removed: number;
}

/**
 * Shortens a prompt as a context shift does: the first `keep` tokens and the tail stay, and half of the remaining context
 * becomes free for the completion.
 * @param contextLength in tokens; must be greater than 1
 */
export function cutPrompt(tokens: readonly number[], contextLength: number, keep: number): PromptCut {
  const kept = Math.min(Math.max(keep, 0), contextLength - 2);
  const free = Math.max(Math.floor((contextLength - kept) / 2), 1);
  const tail = contextLength - free - kept;
  return {
    tokens: [...tokens.slice(0, kept), ...tokens.slice(tokens.length - tail)],
    removed: tokens.length - kept - tail,
  };
}
