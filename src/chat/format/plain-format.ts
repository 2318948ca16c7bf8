import type { Message } from '../../api/common.ts';
import { withTextMarks } from '../shape/image-marks.ts';
import type { ChatFormat, PromptInput, Reading } from './chat-format.ts';
import { textReading } from './text-reading.ts';

const labels: Readonly<Record<string, string>> = { user: 'User', assistant: 'Assistant', tool: 'Tool' };
/** Ends a conversation before the model continues as the user. */
const stops: readonly string[] = ['\nUser:'];

/**
 * The format of a model without a chat template, usually one that was never trained to chat:
 * - a single user message is passed on unchanged, for the model to continue;
 * - a conversation becomes labelled paragraphs, system texts without a label, and ends with "Assistant:".
 */
export class PlainFormat implements ChatFormat {
  render(input: PromptInput): string {
    const messages = withTextMarks(input.messages);
    const [only, ...others] = messages;
    if (only?.role === 'user' && others.length === 0) return only.content;
    const last = messages.at(-1);
    const isBegun = last?.role === 'assistant';
    const paragraphs = (isBegun ? messages.slice(0, -1) : messages).map(paragraph);
    return [...paragraphs, isBegun ? `Assistant: ${last.content}` : 'Assistant:'].join('\n\n');
  }

  read(): Reading {
    return textReading();
  }

  stop(messages: readonly Message[]): readonly string[] {
    return messages.length > 1 ? stops : [];
  }
}

function paragraph({ role, content }: Message): string {
  const label = labels[role];
  return label === undefined ? content : `${label}: ${content}`;
}
