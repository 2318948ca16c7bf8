import type { Tool } from '../../../api/common.ts';
import type { OutputParser } from '../../output/output-parser.ts';
import type { Exit, Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import { repairableBegins } from './repaired-calls.ts';

/** The tags that begin calls of these tools; `after` is the segment after the calls. */
export type CallExits = (tools: readonly Tool[]) => (after: Segment) => readonly Exit[];

/** How the text after a tag may begin if it is a call, beside the names of tools. */
const callBegins = [...repairableBegins, '<', '"', "'", 'call:', 'function'];

/**
 * Searches thinking for calls of known tools. All other text comes out unchanged, and at once: a tag that is only mentioned
 * is told from a call by the characters after it. What follows the first call is read as content.
 */
export function callProbe(calls: CallExits): (tools: readonly Tool[]) => OutputParser {
  return (tools) => {
    const names = new Set(tools.map((tool) => tool.function.name).filter((name) => name !== ''));
    const after: Segment = {
      kind: 'content',
      trimsStart: true,
      trimsEnd: true,
      get exits() {
        return exits;
      },
    };
    const exits = calls(tools)(after);
    return new SegmentParser(
      { kind: 'thinking', exits },
      { accepts: (call) => names.has(call.name), begins: [...callBegins, ...names] },
    );
  };
}
