import type { Message } from '../../../api/common.ts';
import type { Think } from '../../../api/think.ts';
import type { Renderer, RenderInput } from '../family.ts';
import { TURN_END, TURN_START, turn } from '../qwen/chat-markup.ts';
import { ImageTags } from '../shared/image-tags.ts';
import { assistantText } from './assistant-text.ts';
import { toolsText } from './tools-text.ts';

export type NemotronVersion = '3' | '3.5';

/** Prompts of Nemotron 3 and 3.5 Nano, as their model cards' chat templates write them. */
export function nemotronRenderer(version: NemotronVersion): Renderer {
  return { render: (input) => render(version, input) };
}

function render(version: NemotronVersion, { messages, tools, think }: RenderInput): string {
  const [first] = messages;
  const system = first?.role === 'system' ? withoutToggles(version, first.content) : '';
  const turns = first?.role === 'system' ? messages.slice(1) : messages;
  const parts = [system, toolsText(tools)].filter((part) => part !== '');
  const images = new ImageTags();
  const lastUser = turns.findLastIndex(({ role }) => role === 'user');
  const written = turns.map((message, index) => {
    const { role } = message;
    if (role === 'assistant') {
      return turn('assistant', assistantText(message, { version, isOld: index < lastUser }));
    }
    const content = images.write(message.content, message.images);
    if (role === 'tool') return toolResult(content, index, turns);
    if (role !== 'user' && role !== 'system') return turn(role, message.content);
    const isEfficient = version === '3.5' && think === 'medium' && role === 'user' && index === lastUser;
    const ending = isEfficient ? '\n\n{reasoning effort: efficient}' : '';
    return turn(role, (version === '3' ? withoutToggles(version, content).trim() : content) + ending);
  });
  const start = isThinking(version, messages, think) ? '<think>\n' : '<think></think>';
  return `${turn('system', parts.join('\n\n'))}${written.join('')}${TURN_START}assistant\n${start}`;
}

/** Results that follow one another share a turn; one that nothing came before has none. */
function toolResult(content: string, index: number, turns: readonly Message[]): string {
  const start = index > 0 && turns[index - 1]?.role !== 'tool' ? `${TURN_START}user\n` : '';
  const end = turns[index + 1]?.role === 'tool' ? '' : TURN_END;
  return `${start}<tool_response>\n${content}\n</tool_response>\n${end}`;
}

/** Version 3 takes `/think` and `/no_think` in its messages for switches; the last one counts. */
function isThinking(
  version: NemotronVersion,
  messages: readonly Message[],
  think: Think | undefined,
): boolean {
  let thinks = think !== false;
  if (version !== '3') return thinks;
  for (const { role, content } of messages) {
    if (role !== 'user' && role !== 'system') continue;
    if (content.replaceAll('</think>', '').includes('/think')) thinks = true;
    else if (content.includes('/no_think')) thinks = false;
  }
  return thinks;
}

/** The switches are none of the text, but closing tags are. */
function withoutToggles(version: NemotronVersion, text: string): string {
  if (version !== '3') return text;
  return text
    .split('</think>')
    .map((part) => part.replaceAll('/think', '').replaceAll('/no_think', ''))
    .join('</think>');
}
