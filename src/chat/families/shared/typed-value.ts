import type { Tool } from '../../../api/common.ts';
import { recordOf, typeNamesOf } from './untrusted-schema.ts';

/** The types that an argument may have according to its schema; empty if the schema does not say. */
export function argumentTypes({ function: tool }: Tool, name: string): string[] {
  const properties = recordOf(tool.parameters?.properties) ?? {};
  const schema = Object.hasOwn(properties, name) ? recordOf(properties[name]) : undefined;
  const anyOf = Array.isArray(schema?.anyOf) ? schema.anyOf : [];
  if (anyOf.length === 0) return typeNamesOf(schema?.type);
  return anyOf.flatMap((branch) => typeNamesOf(recordOf(branch)?.type));
}

type Reader = (text: string) => unknown;

/** Readers by type, the strictest first; each returns undefined if the text is not of its type. */
const readers: readonly (readonly [type: string, read: Reader])[] = [
  ['boolean', (text) => ({ true: true, false: false })[text.toLowerCase()]],
  ['integer', (text) => (/^[+-]?\d+$/.test(text) ? Number(text) : undefined)],
  ['number', (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined)],
  ['array', (text) => parsed(text, Array.isArray)],
  ['object', (text) => parsed(text, (value) => recordOf(value) !== undefined)],
];

/** Reads a value that a model wrote as plain text, as one of the types in its schema; a string if no type fits. */
export function typedValue(text: string, types: readonly string[]): unknown {
  if (text.toLowerCase() === 'null') return null;
  for (const [type, read] of readers) {
    const value = types.includes(type) ? read(text) : undefined;
    if (value !== undefined) return value;
  }
  return text;
}

function parsed(text: string, isRight: (value: unknown) => boolean): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isRight(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
