import { COMPONENTS, type JsonSchema } from './schema-parts.ts';

/** Nested objects below this depth are not listed. */
const MAX_DEPTH = 2;
/** Bounds of this size come from the JavaScript number range, not from a limit of the field. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

interface Row {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** The fields of an object as a Markdown table, nested ones as `outer.inner`; "" when there are none. */
export function fieldTable(schema: JsonSchema): string {
  const rows = rowsOf(schema, '', 0);
  if (rows.length === 0) return '';
  const lines = rows.map(({ name, schema: field, isRequired }) => {
    const value = field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``;
    const cells = [`\`${name}\`${isRequired ? ' *' : ''}`, typeText(field), value, textOf(field.description)];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| field | type | default | meaning |', '|---|---|---|---|', ...lines].join('\n');
}

/** The anchor of the section of a schema. */
export function schemaAnchor(name: string): string {
  return `#${name.toLowerCase()}`;
}

function rowsOf(schema: JsonSchema, prefix: string, depth: number): Row[] {
  if (depth > MAX_DEPTH) return [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(objectOf(schema.properties)).flatMap(([key, value]) => {
    const field = objectOf(value);
    const name = prefix + key;
    const own = { name, schema: field, isRequired: required.includes(key) };
    return [own, ...innerRows(field, name, depth + 1)];
  });
}

function innerRows(field: JsonSchema, name: string, depth: number): Row[] {
  if (Array.isArray(field.anyOf)) {
    return field.anyOf.flatMap((variant) => innerRows(objectOf(variant), name, depth));
  }
  if (field.type === 'array') return innerRows(objectOf(field.items), `${name}[]`, depth);
  return field.properties === undefined ? [] : rowsOf(field, `${name}.`, depth);
}

function typeText(schema: JsonSchema): string {
  const name = typeof schema.$ref === 'string' ? schema.$ref.replace(COMPONENTS, '') : undefined;
  if (name !== undefined) return `[${name}](${schemaAnchor(name)})`;
  if (Array.isArray(schema.enum))
    return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (Array.isArray(schema.anyOf)) return unionText(schema.anyOf);
  if (schema.type === 'array') return `list of ${typeText(objectOf(schema.items))}`;
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : textOf(schema.type);
  return `${type === '' ? 'any' : type}${rangeText(schema)}`;
}

function unionText(variants: readonly unknown[]): string {
  return [...new Set(variants.map((variant) => typeText(objectOf(variant))))].join(' or ');
}

function rangeText({ minimum, maximum }: JsonSchema): string {
  const lowest = isLimit(minimum) ? minimum : undefined;
  const highest = isLimit(maximum) ? maximum : undefined;
  if (lowest !== undefined && highest !== undefined) return `, ${lowest} to ${highest}`;
  if (lowest !== undefined && lowest !== 0) return `, at least ${lowest}`;
  return highest === undefined ? '' : `, at most ${highest}`;
}

function isLimit(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < NO_LIMIT;
}

function objectOf(value: unknown): JsonSchema {
  return value !== null && typeof value === 'object' ? { ...value } : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
