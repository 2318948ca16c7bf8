/** A look at a list of tools before it is sent. */
import { isObject } from './json-value.ts';
import { type SchemaProblemKind, schemaProblem } from './schema-problem.ts';

/** A model sees all of them in its prompt; people offer fewer than ten. */
export const MAX_TOOLS = 100;
const MAX_NAME_CHARACTERS = 64;

export interface ToolsProblem {
  readonly kind:
    | 'toolList'
    | 'toolCount'
    | 'tool'
    | 'toolType'
    | 'toolFunction'
    | 'toolName'
    | 'toolTwice'
    | 'toolDescription'
    | SchemaProblemKind;
  readonly path: readonly (string | number)[];
}

/** The first problem of a list of tools; undefined if there is none. */
export function toolsProblem(value: unknown): ToolsProblem | undefined {
  if (!Array.isArray(value)) return { kind: 'toolList', path: [] };
  if (value.length > MAX_TOOLS) return { kind: 'toolCount', path: [MAX_TOOLS] };
  const names = new Set<string>();
  for (const [index, tool] of value.entries()) {
    const found = toolProblem(tool, index, names);
    if (found) return found;
  }
  return undefined;
}

function toolProblem(tool: unknown, index: number, names: Set<string>): ToolsProblem | undefined {
  if (!isObject(tool)) return { kind: 'tool', path: [index] };
  if (tool.type !== undefined && tool.type !== 'function') return { kind: 'toolType', path: [index, 'type'] };
  const { function: described } = tool;
  if (!isObject(described)) return { kind: 'toolFunction', path: [index, 'function'] };
  const { name, description, parameters } = described;
  const path = [index, 'function'];
  if (typeof name !== 'string' || name.trim() === '' || name.length > MAX_NAME_CHARACTERS)
    return { kind: 'toolName', path: [...path, 'name'] };
  if (names.has(name)) return { kind: 'toolTwice', path: [...path, 'name'] };
  names.add(name);
  if (description !== undefined && typeof description !== 'string')
    return { kind: 'toolDescription', path: [...path, 'description'] };
  const found = parameters === undefined ? undefined : schemaProblem(parameters);
  return found && { kind: found.kind, path: [...path, 'parameters', ...found.path] };
}
