import { z } from 'zod';
import { jsonObjectSchema, listOf } from '../../api/bounded.ts';
import type { Tool } from '../../api/common.ts';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import { requestObject } from '../../api/request-object.ts';
import type { ToolChoice } from '../../api/tool-choice.ts';
import { OllamaError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json-object.ts';
import { MIB } from '../../base/units.ts';

const MAX_TOOLS = 10_000;
/**
 * Characters of all definitions in messages; no context holds more. A message can refer to one large tool thousands of
 * times, which would make more text than there is memory.
 */
const MAX_DEFINED_CHARACTERS = 4 * MIB;

const toolFields = requestObject({
  type: z.string().exactOptional(),
  name: z.string().exactOptional(),
  description: z.string().exactOptional(),
  input_schema: jsonObjectSchema.exactOptional(),
  /** Arguments always match the schema. */
  strict: z.boolean().exactOptional(),
  /** The model gets to know the tool only where a message refers to it. */
  defer_loading: z.boolean().exactOptional(),
  cache_control: z.unknown().optional(),
});

export const toolsSchema = listOf(z.preprocess(readableTool, toolFields), MAX_TOOLS);

export const toolChoiceSchema = requestObject({
  type: z.enum(['auto', 'any', 'tool', 'none']),
  name: z.string().exactOptional(),
  disable_parallel_tool_use: z.boolean().exactOptional(),
});

type WireTool = z.infer<typeof toolFields>;
type WireChoice = z.infer<typeof toolChoiceSchema>;

/** Keeps only type and name of a tool that runs on Anthropic's servers, whatever its other fields are. */
function readableTool(tool: unknown): unknown {
  if (!isJsonObject(tool) || tool.type === 'custom' || typeof tool.type !== 'string') return tool;
  if (isJsonObject(tool.input_schema)) return tool;
  const { type, name, mcp_server_name: server } = tool;
  return { type, name: [name, server].find((text) => typeof text === 'string') };
}

interface Declared {
  readonly tool: Tool;
  readonly isDeferred: boolean;
}

/** The tools of a request, and what its messages say about them. */
export class DeclaredTools {
  readonly #tools = new Map<string, Declared>();
  /** Types of the tools that are left out, by name. */
  readonly #leftOut = new Map<string, string>();
  /** Names of the tools whose definitions stand in messages. */
  readonly #defined = new Set<string>();
  readonly #called = new Set<string>();
  readonly #removed = new Set<string>();
  #definedCharacters = 0;

  /**
   * @param ignored gets the tools that run on Anthropic's servers
   * @throws OllamaError `invalid-request` for a tool without a name
   */
  constructor(tools: readonly WireTool[], ignored: IgnoredParts) {
    for (const [index, tool] of tools.entries()) {
      const { type = 'custom', name, input_schema: parameters } = tool;
      if (type !== 'custom' && !parameters) {
        this.#leftOut.set(name ?? type, type);
        ignored.add(`tools[${index}] (${type})`);
      } else if (name === undefined) throw refuse(`tools[${index}]: "name" is required`);
      else this.#tools.set(name, { tool: nativeTool(name, tool), isDeferred: tool.defer_loading === true });
    }
  }

  /** Notes that the history contains a call. */
  called(name: string): void {
    this.#called.add(name);
  }

  /**
   * Makes a tool known at this place of the conversation.
   * @returns its definition, for the text of the message
   */
  define(name: string): string {
    const declared = this.#tools.get(name);
    this.#removed.delete(name);
    if (!declared) return functionText({ name, description: 'not available' });
    if (declared.isDeferred) this.#defined.add(name);
    if (this.#definedCharacters > MAX_DEFINED_CHARACTERS) return functionText({ name });
    const { description, parameters } = declared.tool.function;
    const text = functionText({ description, name, parameters });
    this.#definedCharacters += text.length;
    return text;
  }

  /** Adds a tool that a message defines; anything else than a tool is passed over. */
  add(definition: unknown): void {
    const { data } = toolFields.safeParse(definition);
    if (data?.name !== undefined) {
      this.#tools.set(data.name, { tool: nativeTool(data.name, data), isDeferred: true });
    }
  }

  remove(name: string): void {
    this.#removed.add(name);
  }

  /**
   * The tools that the model may call. A deferred one is in front of the conversation only if no message defines it: a
   * prompt that began with other tools than before would have to be computed again.
   */
  native(choice: WireChoice | undefined): Tool[] {
    // A model that cannot search for tools must know them all.
    const isSearchLeftOut = [...this.#leftOut.values()].some((type) => type.startsWith('tool_search_tool'));
    return [...this.#tools].flatMap(([name, { tool, isDeferred }]) => {
      if (this.#removed.has(name)) return [];
      if (!isDeferred) return [tool];
      if (this.#defined.has(name)) return [{ ...tool, isInMessages: true as const }];
      return isSearchLeftOut || this.#called.has(name) || choice?.name === name ? [tool] : [];
    });
  }

  /** @throws OllamaError `invalid-request` for a choice that forces a tool which is left out */
  choice({ type, name }: WireChoice, offered: readonly Tool[]): ToolChoice {
    if (type === 'none' || type === 'auto') return type;
    const forced = type === 'tool' ? name : offered.length === 0 ? [...this.#leftOut.keys()][0] : undefined;
    if (type === 'tool' && name === undefined) {
      throw refuse('tool_choice: "name" is required for the type "tool"');
    }
    const leftOut = forced === undefined || this.#tools.has(forced) ? undefined : this.#leftOut.get(forced);
    if (leftOut !== undefined) {
      throw refuse(`tool_choice demands "${forced}", but this server has no tool of type "${leftOut}"`);
    }
    return type === 'any' || name === undefined ? 'required' : { type: 'function', function: { name } };
  }
}

function functionText(definition: object): string {
  return `<function>${JSON.stringify(definition)}</function>`;
}

function nativeTool(name: string, { description, input_schema: parameters }: WireTool): Tool {
  return {
    type: 'function',
    function: { name, ...(description !== undefined && { description }), ...(parameters && { parameters }) },
  };
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
