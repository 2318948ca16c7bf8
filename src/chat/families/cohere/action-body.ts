import { JsonScan } from '../../output/json-scan.ts';
import type { OutputEvent, ParsedCall } from '../../output/output-parser.ts';
import { withoutFence } from '../../output/repair/json-repairs.ts';
import { unquotedName } from '../../output/repair/names.ts';
import { readRepairedJson } from '../shared/json-call.ts';
import { recordOf } from '../shared/untrusted-schema.ts';

/**
 * Reads calls in `[{"tool_call_id": "0", "tool_name": "f", "parameters": {}}, …]`. Each call is parsed separately, so that a
 * broken one, which becomes text, does not affect the others.
 * @returns undefined when there is no call
 */
export function actionEvents(written: string): OutputEvent[] | undefined {
  const body = withoutFence(written);
  const calls: ParsedCall[] = [];
  const rests: string[] = [];
  let at = 0;
  for (let start = body.indexOf('{'); start >= 0; start = body.indexOf('{', at)) {
    const end = new JsonScan().passValue(body, start);
    if (end === undefined) break;
    const call = actionCall(body.slice(start, end));
    rests.push(body.slice(at, call ? start : end));
    if (call) calls.push(call);
    at = end;
  }
  if (calls.length === 0) return undefined;
  const rest = [...rests, body.slice(at)].map((text) => withoutSeparators(text)).join('');
  const events = calls.map((call): OutputEvent => ({ type: 'tool-call', call }));
  return rest === '' ? events : [...events, { type: 'content', text: rest }];
}

/** What stands between the calls of a list and around them, also if there is a bracket too many. */
const separator = /[\s,[\]}]/;

/** In linear time, unlike an expression that looks for the last run of separators. */
function withoutSeparators(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && separator.test(text.charAt(start))) start++;
  while (end > start && separator.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function actionCall(text: string): ParsedCall | undefined {
  const fields = recordOf(readRepairedJson(text));
  const name = typeof fields?.tool_name === 'string' ? unquotedName(fields.tool_name) : '';
  const values = recordOf(fields?.parameters ?? {});
  return name !== '' && values ? { name, arguments: { ...values } } : undefined;
}
