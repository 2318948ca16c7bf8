import type { ParsedCall } from '../../output/output-parser.ts';
import { unquotedName } from '../../output/repair/names.ts';
import type { CallSyntax } from '../family.ts';
import { PythonReader } from './python-reader.ts';

/** Writes a call as `f(a='x', b=2)`. */
export const pythonicCallSyntax: Omit<CallSyntax, 'open' | 'separator' | 'close'> = {
  beforeArguments: (name) => `${name}(`,
  afterArguments: ')',
  argumentSyntax: {
    form: 'pairs',
    before: (key) => `${key}=`,
    after: '',
    separator: ', ',
    values: 'python',
  },
};

/**
 * Reads calls as in Python: `[f(a='x', b=2), g()]`, with or without brackets, separated by commas or line breaks. Arguments
 * are named. Returns `open` if the text ends inside a string, undefined if it contains anything else.
 */
export function pythonicCalls(text: string): ParsedCall[] | 'open' | undefined {
  const reader = new PythonReader(text.trim());
  const isList = reader.takes('[');
  const calls: ParsedCall[] = [];
  while (!reader.isDone && !(isList && reader.takes(']'))) {
    const call = readCall(reader);
    if (!call) return reader.isOpen ? 'open' : undefined;
    calls.push(call);
    reader.takes(',');
  }
  const isWhole = reader.isDone && (!isList || text.trimEnd().endsWith(']'));
  return isWhole && calls.length > 0 ? calls : undefined;
}

function readCall(reader: PythonReader): ParsedCall | undefined {
  const name = reader.takeMatch(/(?:[\p{L}_][\p{L}\p{N}_.:/-]*|"[\p{L}_][\p{L}\p{N}_.:/-]*"(?=\())/uy);
  if (name === undefined || !reader.takes('(')) return undefined;
  const values: [string, unknown][] = [];
  while (!reader.takes(')')) {
    const key = reader.takeMatch(/[\p{L}_][\p{L}\p{N}_-]*/uy);
    if (key === undefined || !reader.takes('=')) return undefined;
    const read = reader.value(0);
    if (!read) return undefined;
    values.push([key, read.value]);
    if (!reader.takes(',') && !reader.isBefore(')')) return undefined;
  }
  return { name: unquotedName(name), arguments: Object.fromEntries(values) };
}
