import type { Message } from '../../api/common.ts';

const IMAGE_MARK = '[img]';

/**
 * Messages whose contents mark the places of their images: `[img-0]` stands for the first one of the conversation. A mark takes the
 * place of each `[img]`, otherwise it stands before the content. Contents in which a client wrote such a mark itself stay as they are.
 */
export function withImageMarks(messages: readonly Message[]): Message[] {
  let count = 0;
  return messages.map((message) => {
    const marks = (message.images ?? []).map(() => `[img-${count++}]`);
    // Other numbers are of no image of this message, and may be part of any text.
    if (marks.length === 0 || marks.some((mark) => message.content.includes(mark))) return { ...message };
    const [first = '', ...others] = message.content.split(IMAGE_MARK);
    const content = others.map((text, index) => (marks[index] ?? IMAGE_MARK) + text);
    return { ...message, content: marks.slice(others.length).join('') + first + content.join('') };
  });
}

/** The same, for templates that know only texts. */
export function withTextMarks(messages: readonly Message[]): readonly Message[] {
  if (!messages.some(({ images }) => images?.length)) return messages;
  return withImageMarks(messages).map(({ images: _, ...message }) => message);
}
