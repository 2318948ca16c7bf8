import type { Tool } from '../../../api/common.ts';
import type { ParsedCall } from '../../output/output-parser.ts';
import { repairedXmlCalls } from '../../output/repair/xml-repairs.ts';
import { repairedJsonCalls, repairedJsonObject } from './json-call.ts';

/** How calls that a family can repair may begin, in whichever family's syntax the model wrote them. */
export const repairableBegins: readonly string[] = ['{', '[', '```', '<function', '<invoke'];

/**
 * Reads what stands between the tags of a family, when the family itself cannot: calls that are nearly right, or right in the
 * syntax of another family.
 * @returns undefined unless all of it is calls of these tools
 */
export function repairedCalls(body: string, tools: readonly Tool[]): ParsedCall[] | undefined {
  const names = new Set(tools.map((tool) => tool.function.name));
  const start = body.trimStart();
  if (!repairableBegins.some((beginning) => start.startsWith(beginning))) return undefined;
  const calls = start.startsWith('<')
    ? repairedXmlCalls(start, tools, repairedJsonObject)
    : repairedJsonCalls(body);
  return calls?.every(({ name }) => names.has(name)) ? calls : undefined;
}
