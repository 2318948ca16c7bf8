import type { Message, Tool, ToolCall } from '../../api/common.ts';
import type { DataShape, MessageShape, TurnShape } from './message-shape.ts';
import { areInOrder, type Prober } from './prober.ts';
import { shapedMessages } from './shaped-messages.ts';
import { fillers, texts } from './turn-probes.ts';

const probe = {
  tool: 'tproba',
  parameter: 'kproba',
  value: 'vproba one',
  laterValue: 'vproba two',
  result: 'rproba one',
  laterResult: 'rproba two',
  thinking: 'hproba one',
} as const;

const tools: readonly Tool[] = [
  {
    type: 'function',
    function: {
      name: probe.tool,
      description: 'dproba',
      parameters: {
        type: 'object',
        properties: { [probe.parameter]: { type: 'string', description: 'eproba' } },
        required: [probe.parameter],
      },
    },
  },
];

const call = (id: string, value: string): ToolCall => ({
  id,
  function: { name: probe.tool, arguments: { [probe.parameter]: value } },
});
const result = (id: string, content: string): Message => ({
  role: 'tool',
  content,
  tool_call_id: id,
  tool_name: probe.tool,
});
const user: Message = { role: 'user', content: texts.user };
const laterUser: Message = { role: 'user', content: texts.laterUser };
const oneCall: Message = { role: 'assistant', content: '', tool_calls: [call('call_proba_1', probe.value)] };
const twoCalls: Message = {
  ...oneCall,
  tool_calls: [call('call_proba_1', probe.value), call('call_proba_2', probe.laterValue)],
};
const oneResult = result('call_proba_1', probe.result);
const callTexts = [probe.tool, probe.parameter, probe.value, probe.result];

/** A tool as small as clients send it. */
const bareTool: Tool = {
  type: 'function',
  function: {
    name: probe.tool,
    parameters: { type: 'object', properties: { [probe.parameter]: { type: 'string' } } },
  },
};

/** In what form the template writes tools; in none, if it fails on them in every form. */
export function toolShape(prober: Prober, known: MessageShape): MessageShape {
  const shapes = (['given', 'complete', 'text'] as const).map((form) => ({
    ...known,
    data: { ...known.data, tools: form },
  }));
  const writes = (shape: MessageShape) =>
    shape.data.tools === 'text' ||
    prober.text(shapedMessages([user], shape.turns), shape, { tools: [bareTool] }) !== undefined;
  return shapes.find(writes) ?? known;
}

/** The form in which the template writes calls and their results. */
export function callShape(prober: Prober, known: MessageShape): MessageShape {
  const best = bestForm(prober, known);
  if (!best)
    return { ...known, turns: { ...known.turns, calls: 'text', results: writesResults(prober, known) } };
  const turns = { ...best.turns, ...callCount(prober, best) };
  return withBridge(prober, withThinkingRule(prober, withThinkingForm(prober, { ...best, turns })));
}

/** Whether a template that writes no calls writes results all the same. */
function writesResults(prober: Prober, shape: MessageShape): boolean {
  const said: Message = { role: 'assistant', content: texts.answer };
  const text = renderCalls(prober, shape, [user, said, oneResult]);
  return text !== undefined && areInOrder(text, [texts.answer, probe.result]);
}

interface Form {
  readonly shape: MessageShape;
  readonly text: string;
}

/** Finds the form that shows most clearly what was called; among equals, the one with the least text around it. */
function bestForm(prober: Prober, known: MessageShape): MessageShape | undefined {
  const forms: Form[] = [];
  for (const [shortIds, form] of argumentForms) {
    if (prober.isOver) break;
    for (const callContent of ['text', 'none', 'absent'] as const) {
      const data: DataShape = { ...known.data, arguments: form, callContent };
      const shape = { turns: { ...known.turns, shortIds }, data };
      const text = renderCalls(prober, shape, [user, oneCall, oneResult]);
      if (text !== undefined && areInOrder(afterTools(text), callTexts)) forms.push({ shape, text });
    }
    if (forms.some(({ text }) => unclarity(text) === 0)) break;
  }
  const clearest = Math.min(...forms.map(({ text }) => unclarity(text)));
  const clear = forms.filter(({ text }) => unclarity(text) === clearest);
  if (clear.length === 0) return undefined;
  return clear.reduce((shortest, other) => (other.text.length < shortest.text.length ? other : shortest))
    .shape;
}

/** Whether the IDs are short, and the form of the arguments. */
const argumentForms = [
  [false, 'object'],
  [false, 'text'],
  [true, 'object'],
  [true, 'text'],
] as const;

/** How much the text of a call differs from that of its arguments: JSON inside a JSON text, or a value in Python's syntax. */
function unclarity(text: string): number {
  if (text.includes(`\\"${probe.parameter}`)) return 2;
  return text.includes(`'${probe.parameter}': `) || text.includes('[object ') ? 1 : 0;
}

/** The prompt from the user's text on: the tools may stand before it, with the same names. */
function afterTools(text: string): string {
  return text.slice(Math.max(text.indexOf(texts.user), 0));
}

function renderCalls(prober: Prober, shape: MessageShape, messages: readonly Message[]): string | undefined {
  const isText = shape.data.tools === 'text';
  return prober.text(shapedMessages(messages, shape.turns), shape, isText ? {} : { tools });
}

function callCount(prober: Prober, shape: MessageShape): Pick<TurnShape, 'calls'> {
  const messages = [user, twoCalls, oneResult, result('call_proba_2', probe.laterResult)];
  const parts = [probe.value, probe.laterValue, probe.result, probe.laterResult];
  const areWritten = (calls: TurnShape['calls']) => {
    const text = renderCalls(prober, { ...shape, turns: { ...shape.turns, calls } }, messages);
    return text !== undefined && parts.every((part) => afterTools(text).includes(part));
  };
  return { calls: areWritten('many') || !areWritten('one') ? 'many' : 'one' };
}

/** The form in which the template writes what was thought before a call; the usual one if it writes none. */
function withThinkingForm(prober: Prober, shape: MessageShape): MessageShape {
  const messages = [user, { ...oneCall, thinking: probe.thinking }, oneResult];
  const shapes = (['fields', 'reasoning', 'part'] as const).map((thinking) => ({
    ...shape,
    data: { ...shape.data, thinking },
  }));
  const writes = (each: MessageShape) => {
    const text = prober.text(shapedMessages(messages, each.turns), each, {
      ...(each.data.tools !== 'text' && { tools }),
      think: true,
    });
    if (text === undefined || !areInOrder(afterTools(text), callTexts)) return false;
    // A template that knows no such part may write the whole list as a text.
    return text.includes(probe.thinking) && !/['"]thinking['"]/.test(afterTools(text));
  };
  return shapes.find(writes) ?? shape;
}

/** Content and thinking beside a call. */
function withThinkingRule(prober: Prober, shape: MessageShape): MessageShape {
  const messages = [user, { ...oneCall, content: texts.answer, thinking: probe.thinking }, oneResult];
  const joining = { ...shape, turns: { ...shape.turns, joinsThinking: true } };
  const isRefused = renderCalls(prober, shape, messages) === undefined;
  return isRefused && renderCalls(prober, joining, messages) !== undefined ? joining : shape;
}

/** A user turn behind a result. */
function withBridge(prober: Prober, shape: MessageShape): MessageShape {
  const isWritten = (turns: TurnShape) => {
    const text = renderCalls(prober, { ...shape, turns }, [user, oneCall, oneResult, laterUser]);
    return text !== undefined && areInOrder(afterTools(text), [probe.result, texts.laterUser]);
  };
  if (isWritten(shape.turns)) return shape;
  const bridge = fillers.find((text) => isWritten({ ...shape.turns, bridge: text }));
  return bridge === undefined ? shape : { ...shape, turns: { ...shape.turns, bridge } };
}
