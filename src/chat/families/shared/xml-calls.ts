import type { Tool } from '../../../api/common.ts';
import type { ParsedCall } from '../../output/output-parser.ts';
import { repairedXmlCalls } from '../../output/repair/xml-repairs.ts';
import type { CallSyntax } from '../family.ts';
import { repairedJsonObject } from './json-call.ts';
import { argumentTypes, typedValue } from './typed-value.ts';

/** How a family writes calls as XML: `<invoke name="f"><parameter name="k">value</parameter></invoke>`. */
export interface XmlSyntax {
  /** The text before the name, such as `<invoke name="`. */
  readonly call: string;
  readonly callEnd: string;
  readonly argument: string;
  readonly argumentEnd: string;
  /** The text after names, such as `">`. */
  readonly nameEnd: string;
  /** Whether a line break at either end of a value is not part of it. */
  readonly hasValuesOnLines?: boolean;
}

/**
 * Reads calls, with values typed by their schema. Returns `open` if the text ends inside a call, undefined if it contains
 * anything else.
 */
function xmlCalls(
  body: string,
  syntax: XmlSyntax,
  tools: readonly Tool[],
): ParsedCall[] | 'open' | undefined {
  const calls: ParsedCall[] = [];
  for (let rest = body.trim(); rest !== ''; ) {
    if (!rest.startsWith(syntax.call)) return undefined;
    const read = readCall(rest.slice(syntax.call.length), syntax, tools);
    if (read === 'open' || read === undefined) return read;
    calls.push(read.call);
    rest = read.rest.trim();
  }
  return calls.length > 0 ? calls : undefined;
}

/**
 * Reads calls as `xmlCalls` does, and repairs those in which the closing tag of a parameter is missing. Its value would
 * otherwise swallow what follows, or the call would never end.
 */
export function nearlyXmlCalls(
  body: string,
  syntax: XmlSyntax,
  tools: readonly Tool[],
): ParsedCall[] | 'open' | undefined {
  const calls = xmlCalls(body, syntax, tools);
  if (calls === undefined) return undefined;
  const isSuspect =
    calls === 'open'
      ? endsWithItsCall(body, syntax)
      : calls.some(
          (call) => swallows(call, syntax) || !tools.some((tool) => tool.function.name === call.name),
        );
  return (isSuspect && repairedXmlCalls(body.trim(), tools, repairedJsonObject)) || calls;
}

/** Whether the text ends with the end of a call, and no value quotes the beginning of another. */
function endsWithItsCall(body: string, { call, callEnd }: XmlSyntax): boolean {
  return body.trimEnd().endsWith(callEnd) && countOf(body, call) === countOf(body, callEnd);
}

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Whether a value contains what looks like the next parameter. */
function swallows({ arguments: values }: ParsedCall, { argument }: XmlSyntax): boolean {
  return Object.values(values).some((value) => typeof value === 'string' && value.includes(argument));
}

interface ReadCall {
  readonly call: ParsedCall;
  readonly rest: string;
}

function readCall(text: string, syntax: XmlSyntax, tools: readonly Tool[]): ReadCall | 'open' | undefined {
  const head = cut(text, syntax.nameEnd);
  if (!head) return 'open';
  const [name] = head;
  const tool = tools.find((candidate) => candidate.function.name === name);
  const values: [string, unknown][] = [];
  let rest = head[1].trimStart();
  while (rest.startsWith(syntax.argument)) {
    const key = cut(rest.slice(syntax.argument.length), syntax.nameEnd);
    const value = key && cut(key[1], syntax.argumentEnd);
    if (!value) return 'open';
    const text = syntax.hasValuesOnLines ? value[0].replace(/^\n|\n$/g, '') : value[0];
    values.push([key[0], typedValue(text, tool ? argumentTypes(tool, key[0]) : [])]);
    rest = value[1].trimStart();
  }
  if (!rest.startsWith(syntax.callEnd)) return syntax.callEnd.startsWith(rest) ? 'open' : undefined;
  const call = { name, arguments: Object.fromEntries(values) };
  return name === '' ? undefined : { call, rest: rest.slice(syntax.callEnd.length) };
}

function cut(text: string, mark: string): [before: string, after: string] | undefined {
  const at = text.indexOf(mark);
  return at < 0 ? undefined : [text.slice(0, at), text.slice(at + mark.length)];
}

export function xmlCallSyntax(
  { call, callEnd, argument, argumentEnd, nameEnd, hasValuesOnLines }: XmlSyntax,
  around: Pick<CallSyntax, 'open' | 'separator' | 'close'>,
): CallSyntax {
  const line = hasValuesOnLines ? '\n' : '';
  return {
    ...around,
    beforeArguments: (name) => `${call}${name}${nameEnd}\n`,
    afterArguments: callEnd,
    argumentSyntax: {
      form: 'pairs',
      before: (key) => `${argument}${key}${nameEnd}${line}`,
      after: `${line}${argumentEnd}\n`,
      separator: '',
      values: 'text',
    },
  };
}
