import type { Message } from '../../../api/common.ts';
import type { Renderer } from '../family.ts';
import { ImageTags } from '../shared/image-tags.ts';
import { trimSpace } from '../shared/white-space.ts';
import { toolsTurn, writtenCalls } from './arg-key-turns.ts';

/** Prompts of GLM-OCR, as in the chat template of its model card. */
export const glmOcrRenderer: Renderer = {
  render({ messages, tools, think }): string {
    const images = new ImageTags();
    const isOff = think === false;
    const turns = messages.map((message, index) => {
      const isFirstResult = messages[index - 1]?.role !== 'tool';
      return turn(message, { images, isOff, isFirstResult });
    });
    const start = `<|assistant|>\n${isOff ? '<think></think>\n' : ''}`;
    return `[gMASK]<sop>${toolsTurn(tools)}${turns.join('')}${start}`;
  },
};

interface Surroundings {
  readonly images: ImageTags;
  readonly isOff: boolean;
  readonly isFirstResult: boolean;
}

function turn(message: Message, { images, isOff, isFirstResult }: Surroundings): string {
  const { role, content } = message;
  if (role === 'system') return `<|system|>\n${content}\n`;
  if (role === 'user') {
    const ending = isOff && !content.endsWith('/nothink') ? '/nothink' : '';
    return `<|user|>\n${images.write(content, message.images)}${ending}`;
  }
  if (role === 'assistant') {
    const thoughts = `<think>${trimSpace(message.thinking ?? '')}</think>`;
    const answer = content === '' ? '' : `\n${trimSpace(content)}`;
    return `<|assistant|>\n${thoughts}${answer}${writtenCalls(message, '\n')}\n`;
  }
  if (role !== 'tool') return '';
  const start = isFirstResult ? '<|observation|>' : '';
  return `${start}\n<tool_response>\n${images.write(content, message.images)}\n</tool_response>\n`;
}
