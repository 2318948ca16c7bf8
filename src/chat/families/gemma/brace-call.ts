import type { Tool } from '../../../api/common.ts';
import type { ParsedCall } from '../../output/output-parser.ts';
import { recordOf } from '../shared/untrusted-schema.ts';
import { BraceReader } from './brace-reader.ts';

/**
 * How much of a call is there. `unended`: nothing more comes, it must be whole as it is. `ended`: its closing tag came,
 * so a missing bracket or mark at the end is forgiven. `forced`: as before, and a string without end ends here.
 */
export type CallState = 'unended' | 'ended' | 'forced';

/** `call:name{key:value,…}`. `open`: the text ends inside of a string. */
export function readBraceCall(
  body: string,
  quote: string,
  tools: readonly Tool[],
  state: CallState,
): ParsedCall | 'open' | undefined {
  const brace = body.indexOf('{');
  const head = brace < 0 ? '' : body.slice(0, brace).trim();
  const name = head.startsWith('call:') ? head.slice('call:'.length).trim() : '';
  if (name === '') return undefined;
  const tool = tools.find((candidate) => candidate.function.name === name);
  const properties = recordOf(tool?.function.parameters?.properties);
  const keys = properties && new Set(Object.keys(properties));
  const reader = new BraceReader(body.slice(brace), { quote, state, keys });
  const values = reader.read();
  return values ? { name, arguments: values } : reader.problem;
}
