import type { Message } from '../../api/common.ts';

/**
 * Joins adjacent messages of the same role, except those of tools, and the texts of the system messages before the first
 * user turn. Ollama joins those of all system messages, so that a new one changes the start of the prompt.
 */
export function collateMessages(messages: readonly Message[]): { system: string; messages: Message[] } {
  const joined: Message[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last?.role === message.role && message.role !== 'tool') {
      joined[joined.length - 1] = { ...last, content: `${last.content}\n\n${message.content}` };
    } else joined.push(message);
  }
  const start = messages.findIndex(({ role }) => role === 'user');
  const leading = start < 0 ? messages : messages.slice(0, start);
  const system = leading.filter(({ role }) => role === 'system').map(({ content }) => content);
  return { system: system.join('\n\n'), messages: joined };
}
