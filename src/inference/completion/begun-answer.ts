/** Answers that have begun and go on, whatever the template of the model does after them. */
import { randomUUID } from 'node:crypto';
import type { Message } from '../../api/common.ts';
import { OllamaError } from '../../base/errors.ts';

/** @throws OllamaError `invalid-request` when the last message is not an answer that can go on */
export function requireBegunAnswer(messages: readonly Message[]): void {
  const last = messages.at(-1);
  if (last?.role === 'assistant' && last.content.trim() !== '' && !last.tool_calls?.length) return;
  throw new OllamaError(
    'invalid-request',
    '"continue_final_message" needs a last message with the role "assistant", with content and without tool calls',
  );
}

interface MarkedMessages {
  readonly messages: readonly Message[];
  /** A text that nobody can know before. */
  readonly mark: string;
}

/** Marks the place at which the last message goes on. */
export function withMark(messages: readonly Message[]): MarkedMessages {
  const mark = `[${randomUUID()}]`;
  const last = messages.at(-1);
  if (!last) return { messages, mark };
  return { messages: [...messages.slice(0, -1), { ...last, content: last.content + mark }], mark };
}

/**
 * The prompt up to the mark: without it, and without what the template writes behind an answer.
 * @throws OllamaError `invalid-request` when the template leaves the answer out
 */
export function cutAtMark(prompt: string, mark: string): string {
  const at = prompt.lastIndexOf(mark);
  if (at >= 0) return prompt.slice(0, at);
  throw new OllamaError(
    'invalid-request',
    'the template of this model leaves the last message out: "continue_final_message" cannot be used with it',
  );
}
