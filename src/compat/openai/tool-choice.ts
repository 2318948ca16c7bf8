import type { Tool } from '../../api/common.ts';
import type { ToolChoice } from '../../api/tool-choice.ts';
import { OllamaError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json-object.ts';

const accepted = '"auto", "none", "required", a function, a custom tool, or allowed tools';

/** "any" is Mistral's and Anthropic's name for "required". */
const words: Readonly<Record<string, 'auto' | 'none' | 'required'>> = {
  auto: 'auto',
  none: 'none',
  required: 'required',
  any: 'required',
};

interface AllowedTools {
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice;
}

/**
 * Determines which tools may be called, and how; `allowed_tools` removes the others.
 * @param tools those that the model can be offered
 * @throws OllamaError `invalid-request` for a choice that cannot be read, or that forces a tool which is not offered
 */
export function toolsAndChoice(tools: readonly Tool[], choice: unknown): AllowedTools {
  if (isJsonObject(choice) && choice.type === 'allowed_tools') return allowedTools(tools, choice);
  const native = choice === undefined ? 'auto' : nativeToolChoice(choice);
  if (native === 'required') requireSome(tools);
  return { tools, choice: native };
}

/** Also reads the form `{"type": "function", "name": …}` of the Responses API. */
function nativeToolChoice(choice: unknown): ToolChoice {
  const word = isJsonObject(choice) ? choice.type : choice;
  if (typeof word === 'string' && Object.hasOwn(words, word)) return words[word] ?? 'auto';
  const isNamed = isJsonObject(choice) && (choice.type === 'function' || choice.type === 'custom');
  const name = isNamed ? nameIn(choice) : undefined;
  if (name !== undefined) return { type: 'function', function: { name } };
  if (isJsonObject(choice) && !isNamed && typeof choice.type === 'string') {
    throw refuse(`tools of type "${choice.type}" cannot be called here`);
  }
  throw new OllamaError('invalid-request', `tool_choice must be ${accepted}`);
}

function allowedTools(tools: readonly Tool[], choice: Record<string, unknown>): AllowedTools {
  const allowed = isJsonObject(choice.allowed_tools) ? choice.allowed_tools : choice;
  const listed: unknown[] = Array.isArray(allowed.tools) ? allowed.tools : [];
  const names = new Set(listed.map((tool) => (isJsonObject(tool) ? nameIn(tool) : undefined)));
  const left = tools.filter((tool) => names.has(tool.function.name));
  if (allowed.mode === 'required') requireSome(left);
  return { tools: left, choice: allowed.mode === 'required' ? 'required' : 'auto' };
}

function requireSome(tools: readonly Tool[]): void {
  if (tools.length === 0) throw refuse('a call is required, but "tools" has no tool that can be called here');
}

function nameIn(choice: Record<string, unknown>): string | undefined {
  const inner = [choice.function, choice.custom].find(isJsonObject);
  const name = (inner ?? choice).name;
  return typeof name === 'string' ? name : undefined;
}

function refuse(reason: string): OllamaError {
  return new OllamaError('invalid-request', `tool_choice: ${reason}`);
}
