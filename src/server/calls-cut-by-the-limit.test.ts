import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { calling, startClientServer } from '../../test/fakes/servers/client-server.ts';
import type { ScriptServer } from '../../test/fakes/servers/script-server.ts';

const begun = ['\n<tool_call>', '{"name": "weather", "argu'];
const messages = [{ role: 'user', content: 'hi' }];
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const tools = [{ type: 'function', function: { name: 'weather', parameters } }];

let server: ScriptServer;

beforeAll(async () => {
  // Without the text before the call.
  const pieces = [...calling.filter((piece) => piece !== 'See:'), ...begun];
  server = await startClientServer(new ScriptRunner({ pieces, reason: 'length' }));
});
afterAll(() => server?.close());

async function ask(path: string, body: object): Promise<string> {
  return (await server.post(path, { model: 'm', ...body })).text();
}
const json = async (path: string, body: object) => JSON.parse(await ask(path, body));

describe('a call that the token limit cuts after a complete one', () => {
  it('is left out of a native reply', async () => {
    const reply = await json('/api/chat', { messages, tools, stream: false });
    expect(reply).toMatchObject({ done_reason: 'length', message: { content: '' } });
    expect(reply.message.tool_calls).toHaveLength(1);
  });

  it('is left out of a chat completion, which ends with "length"', async () => {
    const { choices } = await json('/v1/chat/completions', { messages, tools });
    expect(choices).toMatchObject([{ finish_reason: 'length', message: { content: null } }]);
    expect(choices[0].message.tool_calls).toHaveLength(1);
    const stream = await ask('/v1/chat/completions', { messages, tools, stream: true });
    expect(stream).toContain('"finish_reason":"length"');
    expect(stream).not.toContain('argu"');
    expect(stream).not.toContain('tool_call>');
  });

  it('is left out of a response, which is incomplete', async () => {
    const body = { input: 'hi', tools: [{ type: 'function', name: 'weather', parameters, strict: false }] };
    const reply = await json('/v1/responses', body);
    expect(reply).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
    expect(reply.output.map(({ type }: { type: string }) => type)).toEqual(['reasoning', 'function_call']);
    const stream = await ask('/v1/responses', { ...body, stream: true });
    expect(stream).toContain('event: response.incomplete');
    expect(stream).not.toContain('tool_call>');
  });

  it('is left out of a message, which stops at "max_tokens"', async () => {
    const body = { messages, max_tokens: 9, tools: [{ name: 'weather', input_schema: parameters }] };
    const reply = await json('/v1/messages', body);
    expect(reply).toMatchObject({ stop_reason: 'max_tokens', stop_sequence: null });
    expect(reply.content.map(({ type }: { type: string }) => type)).toEqual(['thinking', 'tool_use']);
    const stream = await ask('/v1/messages', { ...body, stream: true });
    expect(stream).toContain('"stop_reason":"max_tokens"');
    expect(stream).not.toContain('tool_call>');
  });
});
