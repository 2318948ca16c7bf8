import { afterEach, describe, expect, it } from 'vitest';
import { type OpenAiServer, startOpenAiServer } from '../../../test/fakes/servers/openai-server.ts';

const messages = [
  { role: 'user', content: 'Count' },
  { role: 'assistant', content: 'one, two, ' },
];

describe('continue_final_message', () => {
  let server: OpenAiServer;
  afterEach(() => server.close());

  async function chat(body: object, template?: string): Promise<{ status: number; text: string }> {
    server = await startOpenAiServer();
    if (template !== undefined) await server.server.addModel('other', { create: { template } });
    const model = template === undefined ? 'm' : 'other';
    server.say(['three']);
    const reply = await server.server.post('/api/chat', { model, stream: false, messages, ...body });
    return { status: reply.status, text: await reply.text() };
  }

  it('ends the prompt where the answer goes on, although the template would end it', async () => {
    expect((await chat({ continue_final_message: true })).text).toContain('"content":"three"');
    expect(await server.lastPrompt()).toBe('[user]Count\n[assistant]one, two, ');
  });

  it('leaves the decision to the template otherwise', async () => {
    await chat({});
    expect(await server.lastPrompt()).toBe('[user]Count\n[assistant]one, two, \n[assistant]');
  });

  it.each([
    { messages: [] },
    { messages: [{ role: 'user', content: 'Count' }] },
    { messages: [...messages.slice(0, 1), { role: 'assistant', content: ' ' }] },
    {
      messages: [
        { role: 'assistant', content: 'a', tool_calls: [{ function: { name: 'f', arguments: {} } }] },
      ],
    },
  ])('needs an answer that has begun: %j', async (body) => {
    const { status, text } = await chat({ ...body, continue_final_message: true });
    expect([status, text]).toEqual([400, expect.stringContaining('\\"continue_final_message\\" needs')]);
  });

  it('refuses a template that leaves the answer out', async () => {
    const reply = await chat({ continue_final_message: true }, '{{ range .Messages }}{{ .Role }}{{ end }}');
    expect([reply.status, reply.text]).toEqual([400, expect.stringContaining('leaves the last message out')]);
  });
});
