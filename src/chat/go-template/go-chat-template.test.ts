import { describe, expect, it } from 'vitest';
import type { Message, Tool } from '../../api/common.ts';
import { GoChatTemplate } from './go-chat-template.ts';

const render = (text: string, messages: Message[], tools: Tool[] = [], think?: boolean | 'low') =>
  new GoChatTemplate(text).render({ messages, tools, think });
const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const system = (content: string): Message => ({ role: 'system', content });

const turns =
  '{{ if .System }}S[{{ .System }}]{{ end }}{{ if .Prompt }}U[{{ .Prompt }}]{{ end }}A[{{ .Response }}]';

describe('a template of messages', () => {
  const list = '{{ .System }}|{{ range .Messages }}{{ .Role }}={{ .Content }};{{ end }}';

  it('joins the system texts before the first user turn, and adjacent messages of one role except those of tools', () => {
    const tool = (content: string): Message => ({ role: 'tool', content });
    const messages = [system('a'), system('z'), user('b'), user('c'), tool('d'), tool('e'), system('f')];
    expect(render(list, messages)).toBe('a\n\nz|system=a\n\nz;user=b\n\nc;tool=d;tool=e;system=f;');
  });

  it('provides thinking, calls and results', () => {
    const text =
      '{{ range .Messages }}{{ .Thinking }}{{ range .ToolCalls }}{{ .ID }} {{ .Function.Name }}{{ .Function.Arguments }}{{ end }}{{ .ToolName }}{{ .ToolCallID }}{{ end }}';
    const called: Message = {
      role: 'assistant',
      content: '',
      thinking: 'hm ',
      tool_calls: [{ id: 'c1', function: { name: 'f', arguments: { b: 1, a: '<' } } }],
    };
    const result = { role: 'tool', content: '', tool_name: ' f', tool_call_id: ' c1' };
    expect(render(text, [called, result])).toBe('hm c1 f{"a":"\\u003c","b":1} f c1');
  });

  it('provides tools as JSON, whole and in parts', () => {
    const tool: Tool = {
      type: 'function',
      function: { name: 'f', parameters: { type: 'object', properties: { x: { type: 'string' } } } },
    };
    const text =
      '{{ range .Tools }}{{ . }}{{ range $k, $v := .Function.Parameters.Properties }}{{ $k }}:{{ toTypeScriptType $v }}{{ end }}{{ end }}{{ .Messages }}';
    expect(render(text, [], [tool])).toBe(
      '{"type":"function","function":{"name":"f","description":"","parameters":{"type":"object","properties":{"x":{"type":"string"}}}}}x:string[]',
    );
  });

  it.each([
    [undefined, 'false  false'],
    [false, 'false  true'],
    [true, 'true  true'],
    ['low', 'true low true'],
  ] as const)('provides thinking: %s', (think, expected) => {
    const text = '{{ .Think }} {{ .ThinkLevel }} {{ .IsThinkSet }}{{ if .Messages }}{{ end }}';
    expect(render(text, [user('x')], [], think)).toBe(expected);
  });

  it('numbers images through the conversation', () => {
    const messages = [
      { ...user('look'), images: ['a', 'b'] },
      { ...user('at [img] this'), images: ['c'] },
    ];
    expect(render(list, messages)).toBe('|user=[img-0][img-1]look\n\nat [img-2] this;');
  });
});

describe('a template of single turns', () => {
  it('is rendered turn by turn, and ends where the answer begins', () => {
    const messages = [system('s'), user('u1'), assistant('a1'), user('u2')];
    expect(render(turns, messages)).toBe('S[s]U[u1]A[a1]U[u2]A[');
  });

  it('continues an answer that has begun', () => {
    expect(render(turns, [user('u'), assistant('be')])).toBe('U[u]A[be');
  });

  it('has the answer at its end if it has no place for it', () => {
    expect(render('<{{ .Prompt }}>', [user('u1'), assistant('a1'), user('u2')])).toBe('<u1>a1<u2>');
  });

  it('begins a new turn for another system text', () => {
    expect(render(turns, [system('s'), user('u'), system('t'), user('v')])).toBe('S[s]U[u]A[]S[t]U[v]A[');
  });
});

describe('filling gaps', () => {
  it('is supported by templates that use the suffix', () => {
    const template = new GoChatTemplate(
      '{{ if .Suffix }}<P>{{ .Prompt }}<S>{{ .Suffix }}<M>{{ else }}{{ .Prompt }}{{ end }}',
    );
    expect(template.canInsert).toBe(true);
    expect(template.renderInsert('a', 'b', undefined)).toBe('<P>a<S>b<M>');
    expect(new GoChatTemplate(turns).canInsert).toBe(false);
  });
});

describe('what a template reveals about completions', () => {
  it.each([
    [
      '{{ range .Messages }}{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ end }}',
      '<think>',
      '</think>',
    ],
    ['{{ range $i, $m := .Messages }}\n<a>\n{{ $m.Role }}{{ .Thinking }}\n</a>\n{{ end }}', '<a>', '</a>'],
  ])('thinking tags: %s', (text, open, close) => {
    expect(new GoChatTemplate(text).thinkingTags).toEqual({ open, close });
  });

  it.each([
    '{{ range .Messages }}{{ .Thinking }}</think>{{ end }}',
    '{{ range .Others }}<think>{{ .Thinking }}</think>{{ end }}{{ .Messages }}',
    '{{ .Prompt }}',
  ])('no thinking tags: %s', (text) => {
    expect(new GoChatTemplate(text).thinkingTags).toBeUndefined();
  });

  it.each([
    ['{{ if .ToolCalls }}<tool_call>\n{"name": 1}</tool_call>{{ end }}', '<tool_call>'],
    [
      '{{ range .Messages }}{{ if and .Content .ToolCalls }} [TOOL_CALLS] [{{ range .ToolCalls }}{{ . }}{{ end }}]{{ end }}{{ end }}',
      '[TOOL_CALLS] [',
    ],
    ['{{ if .ToolCalls }}{{ .ToolCalls }} after{{ end }}', '{'],
    ['{{ if .ToolCalls }}{"name"{{ end }}', '{'],
    ['{{ .Prompt }}', '{'],
  ])('the tag before calls: %s', (text, tag) => {
    expect(new GoChatTemplate(text).toolTag).toBe(tag);
  });
});

it('refuses a broken template with line and column', () => {
  expect(() => new GoChatTemplate('a\n{{ if }}')).toThrow(
    expect.objectContaining({ status: 400, message: expect.stringMatching(/line 2, column \d+/) }),
  );
});
