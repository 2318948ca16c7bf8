import type { Message } from '../../api/common.ts';
import { messageOf } from '../../base/errors.ts';
import type { Renderer } from '../families/family.ts';
import type { GoChatTemplate } from '../go-template/go-chat-template.ts';
import type { ChatTemplates } from '../jinja/jinja-templates.ts';
import { findInstructionShape, findShape } from '../shape/find-shape.ts';
import { standardData, standardShape } from '../shape/message-shape.ts';
import type { ProbeRender } from '../shape/prober.ts';
import type { FormatFacts } from './format-source.ts';
import { templateVariables } from './jinja-variables.ts';

const plainTurn: readonly Message[] = [{ role: 'user', content: 'Hello' }];

/** @throws OllamaError when the template cannot be parsed */
export function jinjaFacts(text: string, templates: ChatTemplates): FormatFacts {
  const template = templates.get(text);
  const render: ProbeRender = (messages, { data }, { tools = [], think } = {}) =>
    template.render(templateVariables({ messages, tools, think, bosToken: '', eosToken: '' }, data));
  const shape = findShape(render, text);
  if (shape) return { shape };
  const failure = failureOf(() => render(plainTurn, standardShape));
  return { shape: standardShape, ...(failure !== undefined && { failure }) };
}

function failureOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

export function goFacts(template: GoChatTemplate): FormatFacts {
  const { thinkingTags, toolTag, canInsert } = template;
  const go = { thinkingTags, toolTag, canInsert };
  const render = (messages: readonly Message[]) => template.render({ messages, tools: [], think: undefined });
  // A template of single turns begins a new one for each system text.
  const isOfTurns = !template.fieldNames.has('messages');
  const shape = isOfTurns ? standardShape : { turns: findInstructionShape(render), data: standardData };
  const failure = failureOf(() => render(plainTurn));
  return { go, shape, ...(failure !== undefined && { failure }) };
}

export function rendererFacts(renderer: Renderer, now: () => Date): FormatFacts {
  const turns = findInstructionShape((messages) =>
    renderer.render({ messages, tools: [], think: undefined, now: now() }),
  );
  return { shape: { turns, data: standardData } };
}
