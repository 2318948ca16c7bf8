const typeNames: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  array: 'any[]',
  object: 'Record<string, any>',
  null: 'null',
};
/** Maximum levels of nested `anyOf`. */
const MAX_DEPTH = 20;

/** The TypeScript type that some prompt formats show instead of the schema of a parameter. */
export function typeScriptType(schema: unknown, depth = 0): string {
  if (typeof schema !== 'object' || schema === null || depth > MAX_DEPTH) return 'any';
  const { anyOf, type } = schema as { anyOf?: unknown; type?: unknown };
  if (Array.isArray(anyOf) && anyOf.length > 0) {
    return anyOf.map((option: unknown) => typeScriptType(option, depth + 1)).join(' | ');
  }
  const types: unknown[] = Array.isArray(type) ? type : [type];
  return types.length === 0 ? 'any' : types.map(nameOf).join(' | ');
}

function nameOf(type: unknown): string {
  return typeof type === 'string' && Object.hasOwn(typeNames, type) ? (typeNames[type] ?? 'any') : 'any';
}
