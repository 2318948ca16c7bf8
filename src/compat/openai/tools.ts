import { z } from 'zod';
import { jsonObjectSchema, listOf } from '../../api/bounded.ts';
import type { Tool } from '../../api/common.ts';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import { requestObject } from '../../api/request-object.ts';
import { customFunction, isShownOnly } from './custom-tools.ts';

/** OpenAI accepts 128. */
const MAX_TOOLS = 1000;

const functionFields = {
  name: z.string(),
  description: z.string().exactOptional(),
  parameters: jsonObjectSchema.exactOptional(),
  strict: z.boolean().exactOptional(),
};

const functionSchema = requestObject(functionFields);
type FunctionTool = z.infer<typeof functionSchema>;

/** The older form of tools. */
export const functionsSchema = listOf(functionSchema, MAX_TOOLS);

const toolSchema = requestObject({
  type: z.string().default('function'),
  function: functionSchema.exactOptional(),
  custom: requestObject({
    name: z.string(),
    description: z.string().exactOptional(),
    format: z.unknown().optional(),
  }).exactOptional(),
  /** A function without its own object, as in the Responses API. */
  ...functionFields,
  name: z.string().exactOptional(),
});

type RequestTool = z.infer<typeof toolSchema>;

export const toolsSchema = listOf(toolSchema, MAX_TOOLS);

/** The tools of a request that a model can be offered. */
export interface OfferedTools {
  readonly tools: readonly Tool[];
  /** Names of the tools whose calls are answered as calls of custom tools. */
  readonly customNames: ReadonlySet<string>;
}

/**
 * Converts tools to the native API.
 * @param ignored gets the tools that only OpenAI can run, such as "tools[2] (web_search)", and grammars that the model is
 * only shown
 */
export function offeredTools(tools: readonly RequestTool[], ignored: IgnoredParts): OfferedTools {
  const offered: Tool[] = [];
  const customNames = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    const { type, custom } = tool;
    const called = type === 'function' ? functionOf(tool) : undefined;
    if (called) offered.push(nativeTool(called));
    else if (type === 'custom' && custom) {
      offered.push(customFunction(custom));
      customNames.add(custom.name);
      if (isShownOnly(custom.format)) ignored.add(`tools[${index}].custom.format`);
    } else ignored.add(`tools[${index}] (${type})`);
  }
  return { tools: offered, customNames };
}

function functionOf({
  function: called,
  name,
  description,
  parameters,
}: RequestTool): FunctionTool | undefined {
  if (called || name === undefined) return called;
  return {
    name,
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
  };
}

/** Drops `strict`: arguments always match the schema. */
export function nativeTool({ strict: _, ...called }: FunctionTool): Tool {
  return { type: 'function', function: called };
}
