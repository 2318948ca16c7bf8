/** `<tool_call>name<arg_key>k</arg_key><arg_value>v</arg_value></tool_call>`: calls of GLM 4.5 and later, and of Laguna. */
import type { Tool } from '../../../api/common.ts';
import type { ParsedCall } from '../../output/output-parser.ts';
import { unquotedName } from '../../output/repair/names.ts';
import type { CallSyntax } from '../family.ts';
import { callTags } from './hermes-calls.ts';
import { jsonCalls, repairedJsonObject } from './json-call.ts';
import { argumentTypes, typedValue } from './typed-value.ts';

const key = { open: '<arg_key>', close: '</arg_key>' };
const value = { open: '<arg_value>', close: '</arg_value>' };

export const argKeyTokens: readonly string[] = [
  ...Object.values(callTags),
  ...Object.values(key),
  ...Object.values(value),
];

/** Reads a call. It also accepts JSON instead of the pairs or of the whole call, which the models sometimes write. */
export function argKeyCalls(body: string, tools: readonly Tool[]): ParsedCall[] | 'open' | undefined {
  const text = body.trim();
  if (text.startsWith('{')) return jsonCalls(text);
  const nameEnd = text.search(/<arg_key>|\{/);
  const name = unquotedName(nameEnd < 0 ? text : text.slice(0, nameEnd));
  const rest = nameEnd < 0 ? '' : text.slice(nameEnd);
  if (name === '' || /[<>\n]/.test(name)) return undefined;
  if (rest.startsWith('{')) {
    const values = repairedJsonObject(rest);
    return values && [{ name, arguments: { ...values } }];
  }
  const tool = tools.find((candidate) => candidate.function.name === name);
  const values = readPairs(rest, (argument) => (tool ? argumentTypes(tool, argument) : []));
  return values === 'open' || !values ? values : [{ name, arguments: Object.fromEntries(values) }];
}

/**
 * Reads a call of a completion that ended before the closing tag. It accepts only complete calls of declared tools, because
 * a truncated name could be that of another tool, and arguments could be missing.
 */
export function unfinishedArgKeyCalls(
  body: string,
  tools: readonly Tool[],
): ParsedCall[] | 'open' | undefined {
  const calls = argKeyCalls(body, tools);
  if (calls === 'open') return calls;
  return calls?.every((call) => isWhole(call, body, tools)) ? calls : undefined;
}

function isWhole({ name, arguments: values }: ParsedCall, body: string, tools: readonly Tool[]): boolean {
  const tool = tools.find((candidate) => candidate.function.name === name);
  const required = tool?.function.parameters?.required;
  const isMissing = (argument: unknown): boolean => !Object.hasOwn(values, String(argument));
  if (!tool || (Array.isArray(required) && required.some(isMissing))) return false;
  const endsInName = body.trimEnd().endsWith(name);
  return (
    !endsInName || !tools.some(({ function: other }) => other.name !== name && other.name.startsWith(name))
  );
}

function readPairs(
  text: string,
  typesOf: (name: string) => readonly string[],
): [string, unknown][] | 'open' | undefined {
  const values: [string, unknown][] = [];
  for (let at = 0; at < text.length; ) {
    const name = between(text, at, key);
    const written = name && between(text, name.end, value);
    if (!name || !written) return text.startsWith(key.open, at) ? 'open' : undefined;
    const plain = written.text.replace(/^\n|\n$/g, '');
    values.push([name.text.trim(), typedValue(plain, typesOf(name.text.trim()))]);
    at = skipSpace(text, written.end);
  }
  return values;
}

function between(
  text: string,
  from: number,
  { open, close }: typeof key,
): { text: string; end: number } | undefined {
  const start = skipSpace(text, from);
  if (!text.startsWith(open, start)) return undefined;
  const end = text.indexOf(close, start);
  if (end < 0) return undefined;
  return { text: text.slice(start + open.length, end), end: end + close.length };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? '')) at++;
  return at;
}

export const argKeyCallSyntax: CallSyntax = {
  open: callTags.open,
  separator: `${callTags.close}\n${callTags.open}`,
  close: callTags.close,
  beforeArguments: (name) => `${name}\n`,
  afterArguments: '',
  argumentSyntax: {
    form: 'pairs',
    before: (name) => `${key.open}${name}${key.close}\n${value.open}`,
    after: `${value.close}\n`,
    separator: '',
    values: 'text',
  },
};
