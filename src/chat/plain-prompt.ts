import type { Message } from '../api/common.ts';

/**
 * Prompt format for a model that brings no chat template, mostly one that was never trained to chat:
 * - a single user message is passed on as it is, for the model to continue;
 * - a conversation becomes labelled paragraphs, system texts without a label, and ends with "Assistant:".
 */
export function renderPlainPrompt(messages: readonly Message[], addGenerationPrompt: boolean): string {
  const [only, ...others] = messages;
  if (only?.role === 'user' && others.length === 0) return only.content;
  const paragraphs = messages.map((message) => {
    const label = labels[message.role];
    return label === undefined ? message.content : `${label}: ${message.content}`;
  });
  return [...paragraphs, ...(addGenerationPrompt ? ['Assistant:'] : [])].join('\n\n');
}

const labels: Readonly<Record<string, string>> = { user: 'User', assistant: 'Assistant', tool: 'Tool' };

/** Where a conversation in this format ends: the model would go on to speak for the user. */
export const plainPromptStops: readonly string[] = ['\nUser:'];
