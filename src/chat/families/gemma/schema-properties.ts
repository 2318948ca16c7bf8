import { recordOf, sortedEntries, stringsOf, typeNamesOf } from '../shared/untrusted-schema.ts';
import { type BraceStyle, braceStrings, braceValue } from './brace-value.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Properties with these names are left out, as in the published template, which takes them for keywords of a schema. */
const SCHEMA_WORDS = new Set(['description', 'type', 'properties', 'required', 'nullable']);

/** Writes the parameters of a tool as Gemma 4 describes them. */
export class SchemaProperties {
  readonly #style: BraceStyle;

  constructor(style: BraceStyle) {
    this.#style = style;
  }

  /** @param isWithinItems schemas below `items` write type unions as lists, other schemas as one string */
  write(properties: Schema, isWithinItems = false): string {
    return sortedEntries(properties)
      .flatMap(([name, value]) => {
        const schema = SCHEMA_WORDS.has(name) ? undefined : recordOf(value);
        return schema ? `${name}:{${this.#fields(schema, isWithinItems).join(',')}}` : [];
      })
      .join(',');
  }

  #fields(schema: Schema, isWithinItems: boolean): string[] {
    const { quote } = this.#style;
    const types = isWithinItems ? upperTypes(schema.type) : declaredTypes(schema);
    const [type] = types;
    const { description } = schema;
    const fields: string[] = [];
    if (typeof description === 'string' && description !== '')
      fields.push(`description:${quote}${description}${quote}`);
    if (type === 'STRING' && Array.isArray(schema.enum) && schema.enum.length > 0) {
      fields.push(`enum:${braceStrings(schema.enum.map(plainText), this.#style)}`);
    }
    const items = type === 'ARRAY' ? recordOf(schema.items) : undefined;
    if (items && Object.keys(items).length > 0) fields.push(`items:{${this.#items(items)}}`);
    if (schema.nullable === true) fields.push('nullable:true');
    if (type === 'OBJECT') fields.push(...this.#objectFields(schema, isWithinItems));
    if (types.length > 0) fields.push(this.#types(types));
    return fields;
  }

  #objectFields(schema: Schema, isWithinItems: boolean): string[] {
    const properties = recordOf(schema.properties);
    const written = properties
      ? this.write(properties, isWithinItems)
      : this.write(isWithinItems ? schema : { items: schema.items }, true);
    const required = stringsOf(schema.required);
    const fields = [`properties:{${written}}`];
    if (required.length > 0) fields.push(`required:${braceStrings(required, this.#style)}`);
    return fields;
  }

  #items(items: Schema): string {
    return sortedEntries(items)
      .flatMap(([key, value]) => {
        if (value === null || value === undefined) return [];
        if (key === 'properties') return `properties:{${this.write(recordOf(value) ?? {}, true)}}`;
        if (key === 'required') return `required:${braceStrings(stringsOf(value), this.#style)}`;
        if (key !== 'type') return `${key}:${braceValue(value, { ...this.#style, quotesKeys: true })}`;
        const types = upperTypes(value);
        return types.length > 0 ? this.#types(types) : [];
      })
      .join(',');
  }

  #types(types: readonly string[]): string {
    const [only = ''] = types;
    return types.length === 1
      ? `type:${braceValue(only, this.#style)}`
      : `type:${braceStrings(types, this.#style)}`;
  }
}

const upperTypes = (type: unknown): string[] => typeNamesOf(type).map((name) => name.toUpperCase());

/** Several types are written as one string that looks like a Python list. */
function declaredTypes(schema: Schema): string[] {
  const declared = upperTypes(schema.type);
  const types = declared.length > 0 ? declared : unionTypes(schema.anyOf);
  if (types.length < 2) return types;
  return [`[${types.map((name) => `'${name}'`).join(', ')}]`];
}

/** The types of an `anyOf` that only chooses between types. */
function unionTypes(anyOf: unknown): string[] {
  if (!Array.isArray(anyOf)) return [];
  const branches = anyOf.map((branch) => recordOf(branch) ?? {});
  const isSimple = branches.every((branch) => typeNamesOf(branch.type).length > 0 && !saysMore(branch));
  return isSimple
    ? [...new Set(branches.flatMap(({ type }) => typeNamesOf(type)))].map((name) => name.toUpperCase())
    : [];
}

function saysMore({ anyOf, items, description, enum: values, properties, required }: Schema): boolean {
  const lists = [anyOf, values, required].some((list) => Array.isArray(list) && list.length > 0);
  return (
    lists ||
    items !== undefined ||
    properties !== undefined ||
    (description !== undefined && description !== '')
  );
}

const plainText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
