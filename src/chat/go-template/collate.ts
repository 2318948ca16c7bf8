import type { Message } from '../../api/common.ts';

/** The texts of all system messages as one, and the messages with neighbours of one role joined, but for tools'. */
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

/** Images as marks in the text: in place of each `[img]`, else in front. Numbers go on through the conversation. */
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
