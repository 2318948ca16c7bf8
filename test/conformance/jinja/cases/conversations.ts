/** Conversations with everything that agents send, for templates of published models. */
import type { JinjaCase } from '../python-jinja.ts';

type Message = Readonly<Record<string, unknown>>;

const tools = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'Weather "now"\nof <a> city',
      parameters: {
        type: 'object',
        properties: {
          city: { type: 'string', description: "it's the place" },
          days: { type: ['integer', 'null'], default: 3, minimum: 1.5 },
          units: { type: 'string', enum: ['c', 'f'] },
          place: { anyOf: [{ type: 'string' }, { type: 'null' }], nullable: true },
          deep: {
            type: 'object',
            properties: { a: { type: 'array', items: { type: 'number' } } },
            required: ['a'],
            additionalProperties: false,
          },
        },
        required: ['city'],
      },
    },
  },
  {
    type: 'function',
    function: { name: 'now', description: '', parameters: { type: 'object', properties: {} } },
  },
];

const user = (content: unknown): Message => ({ role: 'user', content });
const system = (content: unknown): Message => ({ role: 'system', content });
const assistant = (content: unknown, more: Message = {}): Message => ({
  role: 'assistant',
  content,
  ...more,
});
const call = (passed: unknown, id = 'call_1abc') => ({
  type: 'function',
  id,
  function: { name: 'get_weather', arguments: passed },
});
const result = (content: unknown, id = 'call_1abc'): Message => ({
  role: 'tool',
  content,
  name: 'get_weather',
  tool_call_id: id,
});
const passed = {
  city: 'Rome "x" é😀',
  days: 3,
  ratio: 1.25,
  on: true,
  none: null,
  list: [1, 'a', null],
  deep: { a: { b: [] } },
};

const conversations: Readonly<Record<string, readonly Message[]>> = {
  plain: [user('Hi <there> é😀')],
  'empty text': [user('')],
  system: [system('Be kind'), user('Hi'), assistant('Hello!'), user('Bye')],
  'five turns': [user('a'), assistant('b'), user(' c \n'), assistant('d'), user('e')],
  thinking: [user('a'), assistant('b', { reasoning_content: 'hm', thinking: 'hm' }), user('c')],
  'thinking in the text': [user('a'), assistant('<think>\nhm\n</think>\n\nb'), user('c')],
  'one call': [user('w?'), assistant('', { tool_calls: [call(passed)] }), result('{"t": 20}')],
  'call without content': [
    system('x'),
    user('w?'),
    assistant(null, { tool_calls: [call({ city: 'Rome' })] }),
    result('sunny'),
    assistant('It is sunny.'),
    user('thanks'),
  ],
  'call with arguments as text': [
    user('w?'),
    assistant('', { tool_calls: [call(JSON.stringify(passed))] }),
    result('sunny'),
  ],
  'two calls': [
    user('w?'),
    assistant('let me see', {
      reasoning_content: 'think',
      tool_calls: [call({ city: 'A' }, 'call_1aaa'), call({}, 'call_2bbb')],
    }),
    result('1', 'call_1aaa'),
    result('2', 'call_2bbb'),
  ],
  'content in parts': [
    user([
      { type: 'text', text: 'part' },
      { type: 'text', text: ' two' },
    ]),
  ],
  developer: [{ role: 'developer', content: 'dev' }, user('x')],
  'system later': [user('x'), system('later'), user('y')],
  'two users': [user('x'), user('y')],
  'assistant first': [assistant('x'), user('y')],
  'assistant last': [user('x'), assistant('y')],
};

const options: Readonly<Record<string, Message>> = {
  '': { bos_token: '<s>', eos_token: '</s>' },
  ' without thinking': { bos_token: '<s>', eos_token: '</s>', enable_thinking: false, thinking: false },
  ' with thinking': { enable_thinking: true, thinking: true, reasoning_effort: 'high', documents: null },
};

/** Each conversation with each template, with and without tools, in all modes of thinking. */
export function conversationCases(templates: ReadonlyMap<string, string>): JinjaCase[] {
  return [...templates].flatMap(([name, template]) =>
    Object.entries(conversations).flatMap(([title, messages]) =>
      Object.entries(options).flatMap(([option, more]) =>
        [undefined, null, tools].map((offered) => ({
          name: `${name}: ${title}${option}, tools ${offered ? 'given' : String(offered)}`,
          template,
          variables: {
            messages,
            ...(offered !== undefined && { tools: offered }),
            add_generation_prompt: title !== 'assistant last',
            ...more,
          },
        })),
      ),
    ),
  );
}
