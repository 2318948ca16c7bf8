/** Images and arguments of calls in earlier turns, by way of the native API and OpenAI's. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { promptText, startClientServer } from '../../../test/fakes/servers/client-server.ts';
import type { ScriptServer } from '../../../test/fakes/servers/script-server.ts';

let server: ScriptServer;

beforeEach(async () => {
  server = await startClientServer();
});
afterEach(() => server.close());

const post = (path: string, messages: unknown[]) =>
  server.post(path, { model: 'm', messages, stream: false });
const user = (content: unknown, fields: object = {}) => ({ role: 'user', content, ...fields });
const assistant = (content: string, fields: object = {}) => ({ role: 'assistant', content, ...fields });
const data = 'data:image/png;base64,aGk=';
const picture = { type: 'image_url', image_url: { url: data } };

describe('an image', () => {
  it('of an earlier turn is left out and named', async () => {
    const response = await post('/api/chat', [
      user('look', { images: ['aGk=', 'aGk='] }),
      assistant('I see', { images: ['aGk='] }),
      user('so?'),
    ]);
    expect(response.status).toBe(200);
    expect(response.headers.get('X-Ollama-Ignored')).toBe(
      'messages[0].images[0] (image), messages[0].images[1] (image), messages[1].images[0] (image)',
    );
    expect(await promptText(server)).toBe(
      'user:[image left out]\n[image left out]\nlook assistant:[image left out]\nI see user:so? ',
    );
  });

  it('of the last user’s turn is refused, because the answer would not be about it', async () => {
    const replies = [
      await post('/api/chat', [user('look', { images: ['aGk='] })]),
      await post('/v1/chat/completions', [
        user('a'),
        assistant('b'),
        user([{ type: 'text', text: 'c' }, picture]),
      ]),
    ];
    expect(replies.map(({ status }) => status)).toEqual([400, 400]);
    expect(await replies[0]?.json()).toEqual({
      error:
        '"messages[0].images[0]" cannot be sent to model "m:latest": the model does not support images; leave images out',
    });
    expect(await replies[1]?.json()).toMatchObject({
      error: {
        message: expect.stringContaining('"messages[2].content[1]" cannot be sent to model "m:latest"'),
      },
    });
  });

  it.each([
    ['image', picture],
    ['image', { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
    ['image', { type: 'image_url', image_url: { url: 'data:image/x;base64,' } }],
    ['audio', { type: 'input_audio', input_audio: { data: 'UklGRi4uLi5XQVZFZm10IA==', format: 'wav' } }],
    ['file', { type: 'file', file: { file_id: 'f' } }],
    ['from_the_future', { type: 'from_the_future', text: 5 }],
  ])('and other parts that no model is given are left out of OpenAI’s chats: %s %j', async (kind, part) => {
    const response = await post('/v1/chat/completions', [
      user([{ type: 'text', text: 'a' }, part]),
      user('b'),
    ]);
    expect(response.status).toBe(200);
    expect(response.headers.get('X-Ollama-Ignored')).toContain(`messages[0].content[1] (${kind})`);
    expect(await promptText(server)).toContain(`[${kind} left out]`);
  });

  it.each([
    [{ type: 'input_audio', input_audio: {} }, 'messages[0].content[1]: it is empty'],
    [
      { type: 'image_url', image_url: 'http://x' },
      'messages[0].content[1]: image URLs are not currently supported',
    ],
  ])('and other parts are refused in the last user’s turn: %j', async (part, message) => {
    const response = await post('/v1/chat/completions', [user([{ type: 'text', text: 'a' }, part])]);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(message) } });
  });
});

describe('the arguments of a call', () => {
  const native = (given: unknown) => ({ function: { name: 'f', arguments: given } });
  const cases = [
    [{ a: 1 }, '{"a":1}'],
    ['{"a": 1}', '{"a":1}'],
    ['', '{}'],
    ['{"a": ', '{"a": '],
    ['not JSON', 'not JSON'],
  ] as const;

  it.each(cases)('may be an object or text in the native API: %j', async (given, printed) => {
    const response = await post('/api/chat', [user('a'), assistant('', { tool_calls: [native(given)] })]);
    expect(response.status).toBe(200);
    expect(await promptText(server)).toContain(`f${printed} `);
  });

  it.each(cases)('may be an object or text in OpenAI’s chats: %j', async (given, printed) => {
    const call = { id: 'c', type: 'function', ...native(given) };
    const response = await post('/v1/chat/completions', [user('a'), assistant('', { tool_calls: [call] })]);
    expect(response.status).toBe(200);
    expect(await promptText(server)).toContain(`f${printed} `);
  });

  it('of a custom tool are its input', async () => {
    const call = { id: 'c', type: 'custom', custom: { name: 'f', input: 'ls' } };
    expect((await post('/v1/chat/completions', [assistant('', { tool_calls: [call] })])).status).toBe(200);
    expect(await promptText(server)).toContain('f{"input":"ls"}');
  });

  it('must belong to a tool, and the error names the call', async () => {
    const broken = [user('a'), assistant('', { tool_calls: [{ id: 'c' }] })];
    const response = await post('/v1/chat/completions', broken);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { message: 'messages[1].tool_calls[0]: "function" is required' },
    });
  });
});

describe('tools', () => {
  const tool = { name: 'f', description: 'd', parameters: { type: 'object' } };
  const openai = { type: 'function', function: tool };
  const anthropic = { name: 'f', input_schema: { type: 'object' } };
  const messages = [user('hi')];
  const bodies = [
    ['/v1/chat/completions', { messages, tools: [openai] }, 'required'],
    ['/v1/responses', { input: 'hi', tools: [{ type: 'function', ...tool }] }, 'required'],
    ['/v1/messages', { messages, max_tokens: 5, tools: [anthropic] }, { type: 'any' }],
  ] as const;

  beforeEach(() => server.addModel('plain', { create: { template: '{{ .Prompt }}' } }));

  it.each(bodies)(
    'are left out and named for a model without tools, unless a call is demanded: %s',
    async (path, body, required) => {
      const offered = await server.post(path, { model: 'plain', ...body });
      expect(offered.status).toBe(200);
      expect(offered.headers.get('X-Ollama-Ignored')).toBe('tools');
      const demanded = await server.post(path, { model: 'plain', ...body, tool_choice: required });
      expect(demanded.status).toBe(400);
      expect(await demanded.json()).toMatchObject({
        error: { message: expect.stringContaining('does not support tools') },
      });
    },
  );

  it('are refused by the native API, as Ollama does', async () => {
    const response = await server.post('/api/chat', { model: 'plain', messages, tools: [openai] });
    expect(response.status).toBe(400);
  });
});
