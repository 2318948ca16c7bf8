/** Renders a conversation with a recognizable text in every place, and says what is known of a template. */
import type { Message, Tool } from '../../../src/api/common.ts';
import { ChatFormats } from '../../../src/chat/format/chat-formats.ts';
import type { FormatFacts, FormatSource } from '../../../src/chat/format/format-source.ts';
import type { MessageShape } from '../../../src/chat/shape/message-shape.ts';

const formats = new ChatFormats();

const tools: readonly Tool[] = [
  {
    type: 'function',
    function: {
      name: 'look_up',
      description: 'Finds what is known.',
      parameters: { type: 'object', properties: { subject: { type: 'string' } }, required: ['subject'] },
    },
  },
];

const opening: readonly Message[] = [
  { role: 'system', content: 'instruction alpha' },
  { role: 'user', content: 'question beta' },
  {
    role: 'assistant',
    content: '',
    thinking: 'thought gamma',
    tool_calls: [{ id: 'call_7f3', function: { name: 'look_up', arguments: { subject: 'value delta' } } }],
  },
  { role: 'tool', content: 'result epsilon', tool_call_id: 'call_7f3' },
];
const whole: readonly Message[] = [
  ...opening,
  { role: 'assistant', content: 'answer zeta' },
  { role: 'system', content: 'reminder eta' },
  { role: 'user', content: 'question theta' },
];
/** After the system text, which some formats put into the last turn. */
const order = [
  ...['question beta', 'look_up', 'subject', 'value delta', 'result epsilon'],
  ...['answer zeta', 'reminder eta', 'question theta'],
];

export interface TemplateReport {
  readonly facts: FormatFacts;
  /** The texts that the prompt lacks, or that are in another place. */
  readonly lost: readonly string[];
  /** Whether the model sees what it thought before a call, when the result has come. */
  readonly keepsThinking: boolean;
  readonly prompt: string;
}

export function templateReport(text: string): TemplateReport {
  const format: FormatSource = {
    from: 'model',
    source: { kind: 'jinja', text, parser: undefined },
    model: { name: 'm', parameterCount: 1 },
  };
  const facts = formats.describe(format);
  const chat = formats.from(format, facts);
  const render = (messages: readonly Message[]) =>
    chat.render({ messages, tools, think: true, bosToken: '<s>', eosToken: '</s>' });
  const prompt = render(whole);
  return { facts, prompt, lost: lostIn(prompt), keepsThinking: render(opening).includes('thought gamma') };
}

function lostIn(prompt: string): string[] {
  const lost = prompt.includes('instruction alpha') ? [] : ['instruction alpha'];
  let from = 0;
  for (const part of order) {
    const at = prompt.indexOf(part, from);
    if (at < 0) lost.push(part);
    else from = at + part.length;
  }
  return lost;
}

/** One row of the table in docs/templates.md. */
export function tableRow(name: string, { facts, keepsThinking }: TemplateReport): string {
  const cells = facts.failure === undefined ? shapeCells(facts.shape) : ['cannot be used', '', ''];
  return `| ${[name, ...cells, keepsThinking ? 'yes' : 'no'].join(' | ')} |`;
}

const places = { anywhere: 'anywhere', start: 'at the start', nowhere: 'in the first user turn' } as const;

function shapeCells({ turns, data }: MessageShape): string[] {
  return [
    places[turns.system],
    cell(roleDemands(turns)),
    cell([...callDemands(turns), ...dataDemands(data)]),
  ];
}

function roleDemands(turns: MessageShape['turns']): (string | false)[] {
  return [
    turns.joinsSystem && 'one system message',
    turns.needsSystem && 'always a system message',
    turns.developer && '`developer`',
    turns.joinsNeighbours && 'roles alternate',
    turns.opener !== undefined && 'a user first',
    turns.bridge !== undefined && 'an answer after a result',
  ];
}

function callDemands(turns: MessageShape['turns']): (string | false)[] {
  return [
    turns.calls === 'text' && 'calls as text',
    turns.calls === 'one' && 'one call per message',
    !turns.results && 'results as text',
    turns.shortIds && 'short IDs',
    turns.joinsThinking && 'content or thinking',
  ];
}

function dataDemands(data: MessageShape['data']): (string | false)[] {
  return [
    data.arguments === 'text' && 'arguments as text',
    data.callContent !== 'text' && 'no content beside calls',
    data.content === 'parts' && 'content in parts',
    data.thinking === 'reasoning' && 'thinking as `reasoning`',
    data.thinking === 'part' && 'thinking in the content',
    data.noTools === 'list' && 'always a list of tools',
    data.tools === 'complete' && 'tools with descriptions',
    data.tools === 'text' && 'tools as text',
    data.functions && 'tools in `functions`',
  ];
}

function cell(facts: readonly (string | false)[]): string {
  return facts.filter((fact) => fact !== false).join(', ');
}
