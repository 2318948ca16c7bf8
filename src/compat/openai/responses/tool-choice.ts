import type { Tool } from '../../../api/common.ts';
import type { ToolChoice } from '../../../api/tool-choice.ts';
import { OllamaError } from '../../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import { objectIn, objectsIn, textIn, typeOf } from './item.ts';
import type { OfferedTools } from './offered-tools.ts';

interface ChosenTools {
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice;
}

const accepted = '"auto", "none", "required", a function, a custom tool, or allowed tools';

/**
 * Determines which tools may be called, and how; `allowed_tools` removes the others.
 * @throws OllamaError `invalid-request` for a choice that forces a tool which is not offered
 */
export function chosenTools(tools: OfferedTools, choice: unknown): ChosenTools {
  if (choice === undefined || choice === null || choice === 'auto')
    return { tools: tools.native, choice: 'auto' };
  if (choice === 'none') return { tools: tools.native, choice };
  if (choice === 'required') return { tools: requireSome(tools.native), choice };
  if (!isJsonObject(choice)) throw refuse(`must be ${accepted}`);
  const type = typeOf(choice, 'function');
  if (type === 'allowed_tools') return allowedTools(tools, objectIn(choice, 'allowed_tools') ?? choice);
  if (type !== 'function' && type !== 'custom') throw refuse(`tools of type "${type}" cannot be called here`);
  const named = nameIn(choice, tools);
  if (named === undefined)
    throw refuse(`"tools" has no function named ${JSON.stringify(wantedName(choice))}`);
  return { tools: tools.native, choice: { type: 'function', function: { name: named } } };
}

/** What is allowed but not offered is left out, unless nothing remains that must be called. */
function allowedTools(tools: OfferedTools, allowed: JsonObject): ChosenTools {
  const names = new Set(objectsIn(allowed, 'tools').map((tool) => nameIn(tool, tools)));
  const left = tools.native.filter((tool) => names.has(tool.function.name));
  return allowed.mode === 'required'
    ? { tools: requireSome(left), choice: 'required' }
    : { tools: left, choice: 'auto' };
}

function requireSome(tools: readonly Tool[]): readonly Tool[] {
  if (tools.length > 0) return tools;
  throw refuse('a call is required, but there is no tool that can be called here');
}

function nameIn(choice: JsonObject, tools: OfferedTools): string | undefined {
  const name = wantedName(choice);
  return name === undefined ? undefined : tools.offeredName(name, textIn(choice, 'namespace'));
}

/** The name of a tool, in the form of the Responses API or of the Chat API. */
function wantedName(choice: JsonObject): string | undefined {
  return textIn(objectIn(choice, 'function') ?? objectIn(choice, 'custom') ?? choice, 'name');
}

function refuse(reason: string): OllamaError {
  return new OllamaError('invalid-request', `tool_choice: ${reason}`);
}
