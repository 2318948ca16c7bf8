import type { Message } from '../api/common.ts';
import { ThinkingParser, type ThinkingTags } from './output/thinking-parser.ts';

const tags: ThinkingTags = { open: '<think>', close: '</think>' };

/**
 * Removes the thinking at the start of answers before the last user message. This applies only to models that were trained
 * without it (see the model cards of Qwen3 and DeepSeek-R1); for other models, the messages are returned unchanged.
 */
export function withoutOldThinking(
  messages: readonly Message[],
  /** The family of the weights ("qwen3"), and the name of the model without namespace and tag ("deepseek-r1"). */
  { family, model }: { readonly family: string | undefined; readonly model: string },
): readonly Message[] {
  if (family !== 'qwen3' && model !== 'deepseek-r1') return messages;
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  return messages.map((message, index) =>
    message.role === 'assistant' && index < lastUser
      ? { ...message, content: withoutThinking(message.content) }
      : message,
  );
}

function withoutThinking(content: string): string {
  const parser = new ThinkingParser(tags, false);
  return [...parser.push(content), ...parser.end()]
    .map((event) => (event.type === 'content' ? event.text : ''))
    .join('');
}
