import type { Message } from '../../api/common.ts';

/** Joins the texts of all system messages, and adjacent messages of the same role, except those of tools. */
export function collateMessages(messages: readonly Message[]): { system: string; messages: Message[] } {
  const joined: Message[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last?.role === message.role && message.role !== 'tool') {
      joined[joined.length - 1] = { ...last, content: `${last.content}\n\n${message.content}` };
    } else joined.push(message);
  }
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  return { system: system.join('\n\n'), messages: joined };
}

/** Inserts image tags: in place of each `[img]`, otherwise before the content. Numbering spans the conversation. */
export function withImageMarks(messages: readonly Message[]): Message[] {
  let count = 0;
  return messages.map((message) => {
    let { content } = message;
    let prefix = '';
    for (const _ of message.images ?? []) {
      const mark = `[img-${count++}]`;
      if (content.includes('[img]')) content = content.replace('[img]', mark);
      else prefix += mark;
    }
    return { ...message, content: prefix + content };
  });
}
