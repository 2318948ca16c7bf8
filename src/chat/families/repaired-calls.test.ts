/** Calls that are nearly right, between the tags of every family. */
import { describe, expect, it } from 'vitest';
import type { Tool } from '../../api/common.ts';
import { goReading } from '../format/go-reading.ts';
import type { OutputEvent, OutputParser } from '../output/output-parser.ts';
import { parserNamed } from './families.ts';

const tool = (name: string, properties: Record<string, object>): Tool => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties } },
});
const tools = [
  tool('get_weather', { city: { type: 'string' }, days: { type: 'integer' }, hot: { type: 'boolean' } }),
  tool('now', {}),
];
const lastMessage = { role: 'user', content: 'x' };

function familyParser(name: string): OutputParser {
  const parser = parserNamed(name)?.create({ tools, think: false, lastMessage, endsInThinking: false });
  if (!parser) throw new Error(`no parser ${name}`);
  return parser;
}

function goParser(toolTag: string): OutputParser {
  const facts = { toolTag, thinkingTags: undefined, canInsert: false };
  return goReading({ text: '', facts, parser: undefined }, { tools, think: false, lastMessage }, '').parser;
}

function eventsOf(parser: OutputParser, text: string, size: number): OutputEvent[] {
  const joined: OutputEvent[] = [];
  const add = (event: OutputEvent) => {
    const last = joined.at(-1);
    if (last && last.type !== 'tool-call' && last.type === event.type)
      joined[joined.length - 1] = { ...last, text: last.text + event.text };
    else joined.push(event);
  };
  for (let at = 0; at < text.length; at += size) parser.push(text.slice(at, at + size)).forEach(add);
  parser.end().forEach(add);
  return joined.filter((event) => event.type === 'tool-call' || event.text.trim() !== '');
}

/** The text between the tags of a family whose calls are JSON of name and arguments. */
const jsonWrappers: readonly (readonly [
  name: string,
  open: string,
  close: string,
  create: () => OutputParser,
])[] = [
  ...['qwen3', 'qwen3-thinking'].map(
    (name) => [name, '<tool_call>\n', '\n</tool_call>', () => familyParser(name)] as const,
  ),
  ['phi-4-mini', '<|tool_call|>', '<|/tool_call|>', () => familyParser('phi-4-mini')],
  ['nemotron-toolcall', '<TOOLCALL>', '</TOOLCALL>', () => familyParser('nemotron-toolcall')],
  ['granite', '<|tool_call|>', '', () => familyParser('granite')],
  ['functools', 'functools', '', () => familyParser('functools')],
  ['mistral', '[TOOL_CALLS]', '', () => familyParser('mistral')],
  ['hunyuan', '<tool_calls>', '</tool_calls>', () => familyParser('hunyuan')],
  ['a Go template', '<tool_call>\n', '\n</tool_call>', () => goParser('<tool_call>')],
];

/** The same of a family whose calls are something else. */
const otherWrappers: typeof jsonWrappers = [
  ...['qwen3-coder', 'qwen3.5', 'nemotron-3-nano', 'glm-4.7', 'laguna'].map(
    (name) => [name, '<tool_call>\n', '\n</tool_call>', () => familyParser(name)] as const,
  ),
  ['minimax', '<minimax:tool_call>\n', '\n</minimax:tool_call>', () => familyParser('minimax')],
  ['seed-oss', '<seed:tool_call>\n', '\n</seed:tool_call>', () => familyParser('seed-oss')],
  ['olmo3', '<function_calls>', '</function_calls>', () => familyParser('olmo3')],
  ['lfm2', '<|tool_call_start|>', '<|tool_call_end|>', () => familyParser('lfm2')],
  ['gemma4', '<|tool_call>', '<tool_call|>', () => familyParser('gemma4')],
  ['functiongemma', '<start_function_call>', '<end_function_call>', () => familyParser('functiongemma')],
];

const values = { city: 'Zürich, "True,}"', days: 3 };
const call = (given: Record<string, unknown> = values): OutputEvent => ({
  type: 'tool-call',
  call: { name: 'get_weather', arguments: given },
});
const json = JSON.stringify({ name: 'get_weather', arguments: values });

const nearlyJson: readonly (readonly [mistake: string, text: string, given?: Record<string, unknown>])[] = [
  ['no mistake', json],
  ['one brace too many', `${json}}`],
  ['a trailing comma', json.replace('}}', ',},}')],
  ['words of Python', json.replace('3', 'None,"hot": True'), { city: values.city, days: null, hot: true }],
  ['a code fence', `\`\`\`json\n${json}\n\`\`\``],
  ['a stray closing tag', `${json}\n</function>`],
  ['several mistakes', `\`\`\`\n${json.replace('}}', ', }}}')}\n\`\`\``],
];

const parameter = (key: string, value: unknown) => `<parameter=${key}>\n${value}\n</parameter>\n`;
const cityText = parameter('city', values.city);
const daysText = parameter('days', values.days);
const xml = `<function=get_weather>\n${cityText}${daysText}</function>`;

const nearlyXml: readonly (readonly [mistake: string, text: string])[] = [
  ['no mistake', xml],
  ['a missing </parameter> before another parameter', xml.replace('</parameter>\n', '')],
  [
    'a missing </parameter> at the end of the call',
    xml.replace(/<\/parameter>\n<\/function>/, '</function>'),
  ],
  ['stray closing tags', xml.replace('</function>', '</parameter>\n</function>\n</parameter>')],
  ['quoted names', xml.replace('=get_weather>', '="get_weather">').replace('=city>', "='city'>")],
  ['JSON in place of parameters', `<function=get_weather>\n${JSON.stringify(values)}\n</function>`],
  [
    'the spelling of another family',
    xml.replaceAll(/=(\w+)>/g, ' name="$1">').replaceAll('function', 'invoke'),
  ],
];

/** Line breaks around values belong to them in these families. */
const inline = new Set(['seed-oss', 'minimax']);
const withInlineValues = (text: string) =>
  text.replaceAll(/(<parameter[^>]*>)\n/g, '$1').replaceAll('\n</parameter>', '</parameter>');

const all = [...jsonWrappers, ...otherWrappers];
const SIZES = [1, 7, 10_000];

describe.each(all)('between the tags of %s', (name, open, close, create) => {
  it.each(nearlyJson.map(([mistake, text, given = values]) => [mistake, text, given] as const))(
    'a call in JSON with %s is read',
    (_mistake, text, given) => {
      for (const size of SIZES) expect(eventsOf(create(), open + text + close, size)).toEqual([call(given)]);
    },
  );

  it.each(nearlyXml)('a call in XML with %s is read', (_mistake, onLines) => {
    const text = inline.has(name) ? withInlineValues(onLines) : onLines;
    for (const size of SIZES) expect(eventsOf(create(), open + text + close, size)).toEqual([call()]);
  });

  it.each([
    ['an unfinished object', '{"name": "get_weather", "arguments": {"city": "x"'],
    ['two commas', '{"name": "get_weather", "arguments": {"city": "x",,}}'],
    ['an unknown tool and a mistake', '{"name": "unknown", "arguments": {"city": "x",}}'],
    ['a function that is not closed', '<function=get_weather>\n<parameter=city>\nx\n</parameter>'],
    ['text in a function', '<function=get_weather>\noops\n</function>'],
  ])('%s stays text', (_mistake, text) => {
    for (const size of SIZES) {
      const events = eventsOf(create(), open + text + close, size);
      expect(events.filter(({ type }) => type === 'tool-call')).toEqual([]);
      expect(events.map((event) => (event.type === 'content' ? event.text : '')).join('')).toContain(
        text.slice(0, 40),
      );
    }
  });
});

describe('arguments in JSON, after a name in the syntax of the family', () => {
  const nearly = '{"city": "Zürich, \\"True,}\\"", "days": 3,}';
  it.each([
    [
      'deepseek3',
      `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>"get_weather"<｜tool▁sep｜>${nearly}}<｜tool▁call▁end｜><｜tool▁calls▁end｜>`,
    ],
    [
      'kimi',
      `<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>${nearly}}<|tool_call_end|><|tool_calls_section_end|>`,
    ],
    ['ministral', `[TOOL_CALLS]get_weather[ARGS]${nearly}}`],
    ['harmony', `<|channel|>commentary to=functions.get_weather<|message|>${nearly}}<|call|>`],
    [
      'cohere',
      `<|START_ACTION|>\`\`\`json\n[{"tool_name": "get_weather", "parameters": ${nearly}}},]\n\`\`\`<|END_ACTION|>`,
    ],
    [
      'hunyuan',
      `<tool_calls>\n<tool_call>get_weather\n\`\`\`json\n${nearly}\n\`\`\`\n</tool_call>\n</tool_calls>`,
    ],
    ['glm-4.7', `<tool_call>"get_weather"\n${nearly}}</tool_call>`],
    [
      'glimmer',
      `<atem:function_calls>\n<atem:invoke name="get_weather">\n<atem:parameter name="city">${values.city}\n<atem:parameter name="days">3</atem:parameter>\n</atem:invoke>\n</atem:function_calls>`,
    ],
  ])('%s', (name, text) => {
    for (const size of SIZES) expect(eventsOf(familyParser(name), text, size)).toEqual([call()]);
  });
});

describe('a value keeps its text', () => {
  const written = (value: string) =>
    `<tool_call>\n<function=get_weather>\n${parameter('city', value)}</function>\n</tool_call>`;
  it.each([
    'x\n<parameter=unknown>\ny',
    'a <parameter=days> in a line',
    '<tool_call>\n<function=now>\n</function>\n</tool_call>',
    '  </parameters> True, ',
  ])('%j', (city) => {
    for (const size of SIZES)
      expect(eventsOf(familyParser('qwen3-coder'), written(city), size)).toEqual([call({ city })]);
  });
});

describe('outside of the tags of a family', () => {
  const readers = [
    ...all.map(([name, , , create]) => [name, create] as const),
    ['llama3', () => familyParser('llama3')] as const,
  ];
  it.each(readers)('%s reads <function=NAME> at the start of a line', (_, create) => {
    for (const size of SIZES) {
      expect(eventsOf(create(), `I look.\n${xml}\n`, size)).toEqual([
        { type: 'content', text: expect.stringContaining('I look.') },
        call(),
      ]);
    }
  });

  it.each([
    ['in the middle of a line', `I look: ${xml}`],
    ['of an unknown tool', xml.replace('get_weather', 'unknown')],
    ['that is not closed', xml.replace('</function>', '')],
    ['that is text', 'x\n<function=get_weather> is what I would call'],
  ])('it is text %s', (_, text) => {
    for (const size of SIZES) {
      const events = eventsOf(familyParser('qwen3-coder'), text, size);
      expect(events.map((event) => (event.type === 'content' ? event.text : '(call)')).join('')).toBe(text);
    }
  });

  it('the closing tag of a forgotten opening one is dropped', () => {
    expect(eventsOf(familyParser('qwen3-coder'), `${xml}\n</tool_call>`, 5)).toEqual([call()]);
  });
});

describe('200,000 characters are read in linear time', () => {
  // If the time grew with the square of the length, each of these would take minutes.
  const filled = (piece: string) => piece.repeat(200_000 / piece.length);
  it.each([
    ['qwen3-coder', `<tool_call><function=get_weather>${filled('<parameter=city>')}</function></tool_call>`],
    [
      'qwen3-coder',
      `<tool_call><function=get_weather>${filled('<parameter=city>\n</function>\n')}</tool_call>`,
    ],
    ['qwen3-coder', `<tool_call><function=get_weather>${filled('</parameter>')}</tool_call>`],
    ['qwen3-coder', `<tool_call>${filled('<function=get_weather></function>x')}</tool_call>`],
    ['qwen3-coder', filled('\n<function=get_weather>')],
    ['qwen3-coder', filled('\n<function=')],
    ['qwen3', `<tool_call>${filled('{')}</tool_call>`],
    ['qwen3', `<tool_call>{"name": "now", "arguments": {"a": [${filled('True,,')}</tool_call>`],
    ['qwen3', filled('<tool_call>{"a"}</tool_call>')],
    ['qwen3-thinking', filled('<tool_call>{"a"}</tool_call>')],
    ['qwen3-thinking', filled('<tool_call>{"name": "now"}</tool_call>')],
    ['qwen3-thinking', `${filled('\n')}x${filled(' ')}`],
  ])('%s: %.60s', { timeout: 60_000 }, (name, text) => {
    for (const size of [4, text.length]) {
      const parser = parserNamed(name)?.create({ tools, think: name === 'qwen3-thinking', lastMessage });
      if (!parser) throw new Error(`no parser ${name}`);
      expect(eventsOf(parser, text, size).length).toBeGreaterThanOrEqual(0);
    }
  });
});
