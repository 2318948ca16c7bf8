import { describe, expect, it } from 'vitest';
import type { Message, ToolCall } from '../../api/common.ts';
import { linkedMessages } from './call-links.ts';
import { simplerTurns, standardTurns, type TurnShape } from './message-shape.ts';
import { shapedMessages } from './shaped-messages.ts';

const message = (role: string, content: string): Message => ({ role, content });
const call = (id: string, values: unknown = { a: 1 }): ToolCall => ({
  id,
  function: { name: `f${id}`, arguments: values as Record<string, unknown> },
});
const calling = (...ids: string[]): Message => ({
  role: 'assistant',
  content: '',
  tool_calls: ids.map((id) => call(id)),
});
const result = (id: string): Message => ({ role: 'tool', content: `r${id}`, tool_call_id: id });

/** One letter for each role, and the content. */
const written = (messages: readonly Message[]) =>
  messages.map(({ role, content, tool_calls: calls = [] }) => {
    const names = calls.map((made) => `!${made.function.name}`).join('');
    return `${role[0]}:${content}${names}`;
  });
const shaped = (messages: readonly Message[], shape: Partial<TurnShape>) =>
  written(shapedMessages(messages, { ...standardTurns, ...shape }));

const talk = [
  message('system', 's1'),
  message('developer', 'd1'),
  message('user', 'u1'),
  message('user', 'u2'),
  message('assistant', 'a1'),
  message('system', 's2'),
  message('user', 'u3'),
  message('developer', 'd2'),
];

describe('roles', () => {
  it('stay as they are where the template writes them', () => {
    expect(shapedMessages(talk, { ...standardTurns, developer: true })).toEqual(talk);
  });

  it('developer becomes system', () => {
    expect(shaped(talk, {}).filter((text) => text.startsWith('s'))).toEqual(['s:s1', 's:d1', 's:s2', 's:d2']);
  });

  it('system becomes user at its place, in one turn with the users beside it, and joins at the start', () => {
    expect(shaped(talk, { system: 'start', joinsSystem: true })).toEqual([
      's:s1\n\nd1',
      'u:u1',
      'u:u2',
      'a:a1',
      'u:s2\n\nu3\n\nd2',
    ]);
  });

  it('system goes in front of the first user turn where the template has no place for it', () => {
    expect(shaped(talk, { system: 'nowhere', joinsNeighbours: true })).toEqual([
      'u:s1\n\nd1\n\nu1\n\nu2',
      'a:a1',
      'u:s2\n\nu3\n\nd2',
    ]);
    expect(shaped([message('system', 's'), message('assistant', 'a')], { system: 'nowhere' })).toEqual([
      'u:s',
      'a:a',
    ]);
    expect(shaped([message('system', 's')], { system: 'nowhere' })).toEqual(['u:s']);
  });

  it('of neighbours become one turn, with their thinking, pictures and calls', () => {
    const messages: Message[] = [
      { role: 'user', content: 'u1', images: ['x'] },
      { role: 'user', content: 'u2', images: ['y'] },
      { role: 'assistant', content: 'a1', thinking: 't1' },
      { ...calling('1'), thinking: 't2' },
    ];
    expect(shapedMessages(messages, { ...standardTurns, joinsNeighbours: true })).toEqual([
      { role: 'user', content: 'u1\n\nu2', images: ['x', 'y'] },
      { role: 'assistant', content: 'a1', thinking: 't1\n\nt2', tool_calls: [call('1')] },
    ]);
  });

  it('begin with a user where the template demands it', () => {
    expect(shaped([message('system', 's'), message('assistant', 'a')], { opener: '' })).toEqual([
      's:s',
      'u:',
      'a:a',
    ]);
    expect(shaped([message('user', 'u')], { opener: '' })).toEqual(['u:u']);
  });

  it('have an answer between a result and a user where the template demands it', () => {
    const messages = [message('user', 'u'), calling('1'), result('1'), message('system', 's')];
    expect(shaped(messages, { system: 'start', bridge: '' })).toEqual(['u:u', 'a:!f1', 't:r1', 'a:', 'u:s']);
  });

  it('have an empty system message where the template demands one', () => {
    expect(shaped([message('user', 'u')], { needsSystem: true })).toEqual(['s:', 'u:u']);
    expect(shaped(talk, { needsSystem: true })[0]).toBe('s:s1');
  });
});

describe('calls', () => {
  const parallel = [
    message('user', 'u'),
    calling('1', '2', '3'),
    result('2'),
    result('1'),
    message('user', 'v'),
  ];

  it('of one message are made one by one, each before its own result', () => {
    expect(shaped(parallel, { calls: 'one' })).toEqual([
      'u:u',
      'a:!f1',
      't:r1',
      'a:!f2',
      't:r2',
      'a:!f3',
      'u:v',
    ]);
  });

  it('and results become texts where the template writes neither', () => {
    const messages = [message('user', 'u'), { ...calling('1'), content: 'I call.' }, result('1')];
    expect(shaped(messages, { calls: 'text', results: false })).toEqual([
      'u:u',
      'a:I call.\n<tool_call>\n{"name": "f1", "arguments": {"a": 1}}\n</tool_call>',
      'u:<tool_response>\nr1\n</tool_response>',
    ]);
  });

  it('keep their own results where a call has none', () => {
    const messages = [calling('1', '2', '3'), result('3'), result('2')];
    expect(shaped(messages, { calls: 'one' })).toEqual(['a:!f1', 'a:!f2', 't:r2', 'a:!f3', 't:r3']);
  });

  it('get short IDs, the same for call and result', () => {
    const id = 'toolu_01A09q90qw90lq917835lq9';
    const [made, answer] = shapedMessages([calling(id), result(id)], { ...standardTurns, shortIds: true });
    expect(made?.tool_calls?.[0]?.id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(answer?.tool_call_id).toBe(made?.tool_calls?.[0]?.id);
    const short = shapedMessages([result('abcDEF123')], { ...standardTurns, shortIds: true });
    expect(short[0]?.tool_call_id).toBe('abcDEF123');
  });

  it('keep what was said beside them as thinking where only one of the two may be there', () => {
    const messages = [{ ...calling('1'), content: 'said', thinking: 'thought' }];
    expect(shapedMessages(messages, { ...standardTurns, joinsThinking: true })[0]).toMatchObject({
      content: '',
      thinking: 'thought\n\nsaid',
    });
  });
});

describe('calls without IDs', () => {
  it('get IDs, and their results those of the calls before them, by name or in order', () => {
    const bare = (name: string): ToolCall => ({ function: { name, arguments: {} } });
    const messages: Message[] = [
      { role: 'assistant', content: '', tool_calls: [bare('f'), bare('g')] },
      { role: 'tool', content: 'of g', tool_name: 'g' },
      { role: 'tool', content: 'of f' },
      { role: 'assistant', content: '', tool_calls: [bare('f')] },
      { role: 'tool', content: 'again' },
    ];
    const linked = linkedMessages(messages);
    expect(linked.map(({ tool_call_id: id, tool_name: name }) => [id, name])).toEqual([
      [undefined, undefined],
      ['call00002', 'g'],
      ['call00001', 'f'],
      [undefined, undefined],
      ['call00003', 'f'],
    ]);
    expect(linked[0]?.tool_calls?.map(({ id }) => id)).toEqual(['call00001', 'call00002']);
  });

  it('are left alone where IDs and names are complete', () => {
    const messages = [calling('1'), { ...result('1'), tool_name: 'f1' }];
    expect(linkedMessages(messages)).toBe(messages);
  });

  it('leave a result without a call as it is', () => {
    const orphan = [result('9')];
    expect(linkedMessages(orphan)).toEqual(orphan);
  });
});

it('makes conversations simpler step by step, and never less simple than the template needs', () => {
  const shapes = [...simplerTurns({ ...standardTurns, system: 'nowhere', opener: '...' })];
  expect(shapes.every(({ system, opener }) => system === 'nowhere' && opener === '...')).toBe(true);
  expect(shapes.at(-1)).toMatchObject({
    calls: 'text',
    results: false,
    joinsNeighbours: true,
    shortIds: true,
  });
});
