import type { ToolCall } from '../../api/common.ts';
import { customInput } from './custom-tools.ts';

/** How the answer to a request writes its calls. */
export interface CallForm {
  /** Whether the request has functions instead of tools: then the answer has one `function_call`. */
  readonly isLegacy: boolean;
  /** Names of the tools that take free text. */
  readonly customNames: ReadonlySet<string>;
}

/** The member of a message or delta that holds calls. */
export function callsMember(calls: readonly ToolCall[], form: CallForm): object {
  const [first] = calls;
  if (!first) return {};
  if (form.isLegacy) return { function_call: writtenFunction(first) };
  return { tool_calls: calls.map((call, index) => wireCall(call, index, form)) };
}

function wireCall(call: ToolCall, index: number, { customNames }: CallForm): object {
  const { id, function: called } = call;
  const place = { id, index: called.index ?? index };
  if (customNames.has(called.name)) {
    return { ...place, type: 'custom', custom: { name: called.name, input: customInput(call) } };
  }
  return { ...place, type: 'function', function: writtenFunction(call) };
}

function writtenFunction({ function: called }: ToolCall): object {
  return { name: called.name, arguments: JSON.stringify(called.arguments) };
}
