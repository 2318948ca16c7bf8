import { JsonScan } from '../output/json-scan.ts';
import type { OutputEvent } from '../output/output-parser.ts';
import { unquotedName } from '../output/repair/names.ts';
import type { Exit, Segment } from '../output/segment.ts';
import { SegmentParser } from '../output/segment-parser.ts';
import { jsonCallFamily } from './by-template/json-call-families.ts';
import type { Family } from './family.ts';
import { callProbe } from './shared/call-probe.ts';
import { repairedJsonObject } from './shared/json-call.ts';
import { callEvent } from './shared/tagged-calls.ts';

const CALL = '[TOOL_CALLS]';
/** The tag before the ID of a call, which some models write between the name and the arguments. */
const CALL_ID = '[CALL_ID]';
const ARGUMENTS = '[ARGS]';
const thought = { open: '[THINK]', close: '[/THINK]' };

const content: Segment = {
  kind: 'content',
  trimsEnd: true,
  get exits() {
    return exits;
  },
};
const afterOthers: Segment = {
  kind: 'content',
  trimsStart: true,
  trimsEnd: true,
  get exits() {
    return exits;
  },
};
const thinking: Segment = {
  kind: 'thinking',
  trimsStart: true,
  trimsEnd: true,
  exits: [{ tag: thought.close, leave: () => ({ next: afterOthers }) }],
};

const calls = (after: Segment): Exit[] => {
  // Nothing marks the end of a call, after which the model may write a brace too many.
  const afterCall: Segment = {
    kind: 'content',
    trimsStart: true,
    trimsEnd: true,
    startExits: [{ tag: '}', leave: () => ({ next: after }) }],
    get exits() {
      return after.exits;
    },
  };
  const name: Segment = {
    kind: 'body',
    exits: [{ tag: ARGUMENTS, leave: (text) => ({ next: callArguments(nameOf(text), afterCall) }) }],
  };
  return [{ tag: CALL, leave: () => ({ next: name }) }];
};
const exits: readonly Exit[] = [
  { tag: thought.open, leave: () => ({ next: thinking }) },
  ...calls(afterOthers),
];

function nameOf(head: string): string {
  const at = head.indexOf(CALL_ID);
  return unquotedName(at < 0 ? head : head.slice(0, at));
}

/** One JSON object without a closing tag. */
function callArguments(called: string, after: Segment): Segment {
  const scan = new JsonScan();
  let scanned = 0;
  const read = (text: string): OutputEvent[] | undefined => {
    const values = called === '' ? undefined : repairedJsonObject(text);
    return values && [callEvent({ name: called, arguments: { ...values } })];
  };
  return {
    kind: 'body',
    begins: ['{'],
    hasStrings: true,
    exits: [
      {
        tag: '}',
        leave: (text) => {
          const whole = `${text}}`;
          const end = scan.passValue(whole, scanned);
          scanned = whole.length;
          if (end === undefined) return undefined;
          const events = read(whole);
          return events ? { next: after, events } : 'text';
        },
      },
    ],
    unfinished: read,
  };
}

/**
 * Sources: the model cards of mistralai/Ministral-3 and, for the list of calls, mistralai/Mistral-7B-Instruct-v0.3; for
 * ids of calls, the tokenizer v11 of mistral-common.
 * Thinking is parsed if a model writes it, although the request cannot turn it on.
 */
export const mistral: Family = {
  parsers: {
    ministral: {
      hasTools: true,
      hasThinking: false,
      visibleTokens: [CALL, CALL_ID, ARGUMENTS, ...Object.values(thought)],
      callSyntax: {
        open: '',
        separator: '',
        close: '',
        beforeArguments: (called) => `${CALL}${called}${ARGUMENTS}`,
        afterArguments: '',
        argumentSyntax: { form: 'json' },
      },
      callProbe: callProbe(() => calls),
      create: () => new SegmentParser(content),
    },
    mistral: { ...jsonCallFamily({ open: CALL }), visibleTokens: [CALL] },
  },
};
