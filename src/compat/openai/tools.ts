import { z } from 'zod';
import { jsonObjectSchema, listOf } from '../../api/bounded.ts';
import type { Tool } from '../../api/common.ts';
import { requestObject } from '../../api/request-object.ts';
import type { ToolChoice } from '../../api/tool-choice.ts';
import { OllamaError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json-object.ts';

/** OpenAI accepts 128. */
const MAX_TOOLS = 1000;

const functionSchema = requestObject({
  name: z.string(),
  description: z.string().exactOptional(),
  parameters: jsonObjectSchema.exactOptional(),
  strict: z.boolean().exactOptional(),
});

type FunctionTool = z.infer<typeof functionSchema>;

export const toolsSchema = listOf(
  requestObject({ type: z.string().default('function'), function: functionSchema.exactOptional() }),
  MAX_TOOLS,
);

/** Converts tools to the native API. @throws OllamaError `invalid-request` for tools that are not functions */
export function nativeTools(tools: z.infer<typeof toolsSchema>): Tool[] {
  return tools.map(({ type, function: called }) => {
    if (type === 'function' && called) return nativeTool(called);
    throw new OllamaError('invalid-request', `tools: type "${type}" is not supported: use "function"`);
  });
}

/** Drops `strict`: arguments always match the schema. */
export function nativeTool({ strict: _, ...called }: FunctionTool): Tool {
  return { type: 'function', function: called };
}

const accepted = '"auto", "none", "required", a function, or allowed tools';

/** Converts a tool choice, including the form `{"type": "function", "name": …}` of the Responses API. */
function nativeToolChoice(choice: unknown): ToolChoice {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  const name = isJsonObject(choice) && choice.type === 'function' ? nameIn(choice) : undefined;
  if (name === undefined) throw new OllamaError('invalid-request', `tool_choice must be ${accepted}`);
  return { type: 'function', function: { name } };
}

interface AllowedTools {
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice;
}

/** Determines which tools may be called, and how; `allowed_tools` removes the others. */
export function toolsAndChoice(tools: readonly Tool[], choice: unknown): AllowedTools {
  if (!isJsonObject(choice) || choice.type !== 'allowed_tools') {
    return { tools, choice: choice === undefined ? 'auto' : nativeToolChoice(choice) };
  }
  const allowed = isJsonObject(choice.allowed_tools) ? choice.allowed_tools : choice;
  const names = Array.isArray(allowed.tools)
    ? allowed.tools.map((tool) => isJsonObject(tool) && nameIn(tool))
    : [];
  return {
    tools: tools.filter((tool) => names.includes(tool.function.name)),
    choice: allowed.mode === 'required' ? 'required' : 'auto',
  };
}

function nameIn(choice: Record<string, unknown>): string | undefined {
  const named = isJsonObject(choice.function) ? choice.function.name : choice.name;
  return typeof named === 'string' ? named : undefined;
}
