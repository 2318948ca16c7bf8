import type { ChatRequest } from '../../api/chat.ts';
import { splitTemplateArguments } from '../../api/template-arguments.ts';
import type { Model } from '../../models/model.ts';
import type { RunNotices } from './completion-run.ts';

/**
 * Makes one field of all that turn thinking on or off, and drops it where it would be in vain: agents ask every model to
 * think. Whoever writes the native `think` means this model, and is told that it cannot think (`requireThinking`).
 */
export function withoutVainThinking(model: Model, request: ChatRequest, notices: RunNotices): ChatRequest {
  const asked = withOneSwitch(request);
  if (!asked.think || asked.thinkField === undefined || model.capabilities.includes('thinking')) return asked;
  notices.ignored?.(asked.thinkField);
  const { think: _, think_budget: __, thinkField: ___, ...others } = asked;
  return others;
}

/** The arguments of a template know thinking too; `think` outranks them. */
function withOneSwitch(request: ChatRequest): ChatRequest {
  const { chat_template_kwargs: given, ...rest } = request;
  if (!given) return request;
  const { switches, others } = splitTemplateArguments(given);
  const deciding = switches.find(({ think }) => !think) ?? switches[0];
  return {
    ...(deciding && rest.think === undefined && { think: deciding.think, thinkField: deciding.field }),
    ...rest,
    ...(Object.keys(others).length > 0 && { chat_template_kwargs: others }),
  };
}
