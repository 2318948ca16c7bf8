import type { Message } from '../../../api/common.ts';
import type { Think } from '../../../api/think.ts';
import { OllamaError } from '../../../base/errors.ts';
import { trimSpace } from '../shared/white-space.ts';
import { isQuery } from './chat-markup.ts';
import { contentAlone } from './qwen3-5-renderer.ts';

/**
 * Qwen3.8 allows only one system turn, at the start, and no developer turns. So the system turn combines all of their texts.
 * @throws OllamaError `invalid-request` for images in these messages, and if there is no user query
 */
export function qwen38Messages(messages: readonly Message[]): readonly Message[] {
  if (messages.length === 0) throw refusal('no messages provided');
  const instructions = messages.filter(isInstruction);
  const illustrated = instructions.find(({ images = [] }) => images.length > 0);
  if (illustrated) throw refusal(`${illustrated.role} message cannot contain images`);
  if (!messages.some((message) => message.role === 'user' && isQuery(contentAlone(message)))) {
    throw refusal('no user query found in messages');
  }
  const isAsItShouldBe = instructions.length === 1 && messages[0]?.role === 'system';
  if (instructions.length === 0 || isAsItShouldBe) return messages;
  const contents = instructions.map(({ content }) => trimSpace(content)).filter((content) => content !== '');
  const system = { role: 'system', content: contents.join('\n\n') };
  return [system, ...messages.filter((message) => !isInstruction(message))];
}

/** The text about the thinking effort: the highest unless the request sets a level; `medium` needs no text. */
export function qwen38Effort(think: Think | undefined): string {
  if (think === false || think === true || think === 'medium') return '';
  return think === 'low' ? LOW_EFFORT : HIGHEST_EFFORT;
}

const HIGHEST_EFFORT =
  'Reasoning effort is set to xhigh. Please think carefully through the task, validate key assumptions, consider plausible alternatives, and prioritize correctness, consistency, and clarity in the final answer.';
const LOW_EFFORT =
  'Reasoning effort is set to low. Keep your thinking brief and focused, moving directly to the conclusion without unnecessary elaboration.';

function isInstruction({ role }: Message): boolean {
  return role === 'system' || role === 'developer';
}

function refusal(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
