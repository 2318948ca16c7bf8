import type { NestedJson } from '../../../api/json-body.ts';
import { parsedArguments } from '../../../api/parsed-arguments.ts';
import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import { customArguments } from '../custom-tools.ts';
import { type Item, objectIn, textIn } from './item.ts';

const CALL = '_call';
const OUTPUT = '_output';

/** A call of any type, from `function_call` to those of tools that only some clients or servers have. */
export interface ReadCall {
  readonly id: string | undefined;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly arguments: JsonObject | string;
  /** What the tool returned, where the server that ran it put that into the call itself. */
  readonly result: unknown;
}

export function isCall(type: string): boolean {
  return type.endsWith(CALL);
}

export function isCallOutput(type: string): boolean {
  return type.endsWith(OUTPUT);
}

/** The ID that joins a call and its output. */
export function callId(item: Item): string | undefined {
  return textIn(item, 'call_id') ?? textIn(item, 'id');
}

/**
 * @param nested what the arguments of the other calls have left
 * @returns undefined for a call that another server ran without saying what came of it: a prompt must not end with one
 */
export function readCall(item: Item, type: string, nested: NestedJson): ReadCall | undefined {
  const result = item.output ?? item.error ?? item.outputs ?? item.results ?? undefined;
  if (textIn(item, 'call_id') === undefined && !clientCalls.has(type) && result === undefined)
    return undefined;
  return {
    id: callId(item),
    name: textIn(item, 'name') ?? type.slice(0, -CALL.length),
    namespace: textIn(item, 'namespace'),
    arguments: argumentsOf(item, nested),
    result,
  };
}

/** Calls that clients run; some clients name them by `id` alone. */
const clientCalls: ReadonlySet<string> = new Set([
  ...['function_call', 'custom_tool_call', 'local_shell_call'],
  ...['shell_call', 'apply_patch_call', 'computer_call'],
]);

function argumentsOf(item: Item, nested: NestedJson): JsonObject | string {
  const { arguments: written, input } = item;
  if (isJsonObject(written) || typeof written === 'string') return parsedArguments(written, nested);
  if (typeof input === 'string') return customArguments(input);
  const action = objectIn(item, 'action') ?? objectIn(item, 'operation');
  if (action) return action;
  const rest = Object.entries(item).filter(([name, value]) => described.has(name) && value !== null);
  return Object.fromEntries(rest);
}

/** The fields that tell what a call without arguments did. */
const described: ReadonlySet<string> = new Set(['actions', 'code', 'queries', 'revised_prompt', 'input']);

/** A result as a text or as parts that messages have. One of another form, such as that of `shell_call`, becomes JSON. */
export function writtenResult(result: unknown): unknown {
  if (typeof result === 'string') return result;
  const parts: unknown[] = Array.isArray(result) ? result : [result];
  return parts.every((part) => isJsonObject(part) && isPart(part)) ? parts : JSON.stringify(result);
}

function isPart({ type, text, image_url: image }: JsonObject): boolean {
  if (typeof type !== 'string') return false;
  return typeof text === 'string' || image !== undefined || /^(input|output)_/.test(type);
}
