import type { Message } from '../api/common.ts';
import { ThinkingParser, type ThinkingTags } from './output/thinking-parser.ts';

const tags: ThinkingTags = { open: '<think>', close: '</think>' };

/**
 * Messages without the thinking that answers before the last user message begin with. Only models whose makers say
 * that they were trained without it (Qwen3 and DeepSeek-R1 model cards); for others the messages come back as they are.
 */
export function withoutOldThinking(
  messages: readonly Message[],
  /** The weights' family ("qwen3"), and the model's name without namespace and tag ("deepseek-r1"). */
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
