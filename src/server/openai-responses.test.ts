/** Tests OpenAI's Responses API with its official client. */
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  calling,
  clientOptions,
  promptText,
  startClientServer,
} from '../../test/fakes/servers/client-server.ts';
import type { ScriptServer } from '../../test/fakes/servers/script-server.ts';
import { OllamaError } from '../base/errors.ts';

const weather = {
  type: 'function' as const,
  name: 'weather',
  strict: true,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};

let server: ScriptServer;
let client: OpenAI;

beforeEach(async () => {
  server = await startClientServer();
  client = new OpenAI(clientOptions(server, '/v1'));
});
afterEach(() => server.close());

const says = (...pieces: string[]) => {
  server.runner.script = { pieces };
};
const ask = (fields: object = {}) =>
  client.responses.create({ model: 'm', input: 'hi', ...fields, stream: false });

async function stream(fields: object = {}): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of await client.responses.create({
    model: 'm',
    input: 'hi',
    ...fields,
    stream: true,
  })) {
    events.push(event);
  }
  return events;
}

describe('responses', () => {
  it('answer', async () => {
    const response = await ask({ instructions: 'short', metadata: { a: 'b' } });
    expect(response.output_text).toBe('Hello world');
    expect(response).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      status: 'completed',
      instructions: 'short',
      metadata: { a: 'b' },
      usage: { output_tokens: 2, input_tokens_details: { cached_tokens: 1 } },
    });
    expect(await promptText(server)).toBe('system:short user:hi ');
  });

  it('have thinking, text and calls as items', async () => {
    says(...calling);
    const { output } = await ask({ tools: [weather] });
    expect(output).toMatchObject([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
      { type: 'message', content: [{ type: 'output_text', text: 'See:' }] },
      {
        type: 'function_call',
        name: 'weather',
        arguments: '{"city":"Rome"}',
        call_id: expect.stringMatching(/^call_/),
      },
    ]);
  });

  it('are incomplete when the token limit is reached', async () => {
    server.runner.script = { pieces: ['Hel'], reason: 'length' };
    expect(await ask({ max_output_tokens: 1 })).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
    expect((await stream()).at(-1)?.type).toBe('response.incomplete');
  });

  it('continue from earlier responses and from items', async () => {
    const first = await ask({ instructions: 'not kept' });
    await ask({ input: 'and now?', previous_response_id: first.id });
    expect(await promptText(server)).toBe('user:hi assistant:Hello world user:and now? ');
    const input = [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'weather?' }] },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }] },
      { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{"city":"Rome"}' },
      { type: 'function_call_output', call_id: 'c1', output: 'sunny' },
    ];
    await ask({ input });
    expect(await promptText(server)).toContain(
      'user:weather? assistant:weather{"city":"Rome"} <think>hm</think>',
    );
    expect(await promptText(server)).toContain('tool:sunny');
  });

  it('are stored, read and deleted', async () => {
    const { id } = await ask();
    expect(await client.responses.retrieve(id)).toMatchObject({ id, status: 'completed' });
    await client.responses.delete(id);
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    const unkept = await ask({ store: false });
    await expect(ask({ previous_response_id: unkept.id })).rejects.toMatchObject({ status: 404 });
  });

  it('follow a schema, parsed by the client', async () => {
    says('{"city": "Rome"}');
    const format = zodTextFormat(z.object({ city: z.string() }), 'place');
    const parsed = await client.responses.parse({ model: 'm', input: 'hi', text: { format } });
    expect(parsed.output_parsed).toEqual({ city: 'Rome' });
  });

  it.each([
    [{ conversation: 'c' }, 'field "conversation" is not supported'],
    [{ prompt: { id: 'p' } }, 'field "prompt" is not supported'],
    [{ tool_choice: 'required', tools: [{ type: 'web_search' }] }, 'tool_choice: a call is required'],
    [
      { tool_choice: { type: 'web_search' } },
      'tool_choice: tools of type "web_search" cannot be called here',
    ],
    [
      { tool_choice: { type: 'custom', name: 'f' }, tools: [weather] },
      'tool_choice: "tools" has no function named "f"',
    ],
    [{ text: { format: { type: 'xml' } } }, 'text.format must be'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file' }] }] },
      'input[0].content[0]: the file has no "file_data"',
    ],
    [{ input: [{ type: 'web_search_call', id: 'w' }] }, 'input is required'],
    [{ input: [] }, 'input is required'],
  ])('refuse what would make the answer wrong: %j', async (fields, message) => {
    await expect(ask(fields)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(message),
    });
  });
});

describe('streamed responses', () => {
  it('report and number each step', async () => {
    const events = await stream();
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map(({ sequence_number: number }) => number)).toEqual([...events.keys()]);
    const last = events.at(-1);
    expect(last?.type === 'response.completed' && last.response.output).toMatchObject([
      { type: 'message', status: 'completed', content: [{ text: 'Hello world' }] },
    ]);
  });

  it('are assembled by the client', async () => {
    says(...calling);
    const runner = client.responses.stream({ model: 'm', input: 'hi', tools: [weather] });
    const types = new Set<string>();
    for await (const { type } of runner) types.add(type);
    expect([...types]).toEqual(
      expect.arrayContaining([
        'response.reasoning_summary_text.delta',
        'response.reasoning_summary_part.done',
        'response.function_call_arguments.delta',
        'response.function_call_arguments.done',
      ]),
    );
    const final = await runner.finalResponse();
    expect(final.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'function_call']);
    const again = await client.responses.retrieve(final.id);
    expect(again.output).toHaveLength(3);
  });

  it('end with a failure when the model fails', async () => {
    server.runner.script = { pieces: ['a'], failure: new OllamaError('runner-failed', 'it died') };
    const last = (await stream()).at(-1);
    expect(last?.type === 'response.failed' && last.response.error).toMatchObject({ message: 'it died' });
  });
});
