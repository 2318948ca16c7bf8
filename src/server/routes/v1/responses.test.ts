import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  allOf,
  callPieces,
  type OpenAiServer,
  startOpenAiServer,
} from '../../../../test/fakes/servers/openai-server.ts';
import { OllamaError } from '../../../base/errors.ts';

let api: OpenAiServer;
beforeEach(async () => {
  api = await startOpenAiServer();
});
afterEach(() => api.close());

const weather = {
  type: 'function' as const,
  name: 'weather',
  strict: true,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};
const create = (fields: object) => api.client.responses.create({ model: 'm', ...fields, stream: false });
const streamed = async (fields: object): Promise<ResponseStreamEvent[]> =>
  allOf(await api.client.responses.create({ model: 'm', ...fields, stream: true }));

describe('a response', () => {
  it('has its thinking as an item and repeats the requested effort', async () => {
    api.say(['<think>', 'Hm.', '</think>', 'Yes']);
    const reply = await create({ input: 'hi', reasoning: { effort: 'minimal' } });
    expect(reply.output).toMatchObject([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
      { type: 'message', content: [{ type: 'output_text', text: 'Yes' }] },
    ]);
    expect(reply.reasoning?.effort).toBe('minimal');
    api.say(['Yes']);
    expect((await create({ input: 'hi', reasoning: { effort: 'none' } })).reasoning?.effort).toBe('none');
  });

  it('returns token probabilities when they are included', async () => {
    const reply = await create({ input: 'hi', include: ['message.output_text.logprobs'], top_logprobs: 1 });
    const [item] = reply.output;
    const part = item?.type === 'message' ? item.content[0] : undefined;
    expect(part?.type === 'output_text' && part.logprobs?.map(({ token }) => token)).toEqual([
      'Hello',
      ' world',
    ]);
  });
});

describe('a conversation of responses', () => {
  it('continues from a streamed response', async () => {
    api.say(['My name is Ann.']);
    const events = await streamed({ input: 'Who are you?' });
    const last = events.at(-1);
    if (last?.type !== 'response.completed') throw new Error('it did not end');
    await create({ input: 'Again?', previous_response_id: last.response.id });
    expect(await api.lastPrompt()).toContain('[assistant]My name is Ann.');
  });

  it('adds the tool name to a call result that has only an ID', async () => {
    api.say(callPieces('weather', { city: 'Rome' }));
    const first = await create({ input: 'Weather?', tools: [weather] });
    const call = first.output.find((item) => item.type === 'function_call');
    expect(call).toMatchObject({ name: 'weather', arguments: '{"city":"Rome"}', status: 'completed' });
    api.say(['Sunny']);
    const result = { type: 'function_call_output', call_id: call?.call_id, output: '20 C' };
    await create({ input: [result], previous_response_id: first.id, tools: [weather] });
    expect(await api.lastPrompt()).toContain('[tool:weather]20 C');
  });

  it('turns thinking without a following item into an answer of its own', async () => {
    const input = [
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Secret.' }] },
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'Sunny.' },
      { role: 'user', content: 'Thanks' },
    ];
    await create({ input });
    expect(await api.lastPrompt()).toMatch(/^\[assistant\]<think>Secret\.<\/think>\n\[user\]Weather\?/);
    expect(await api.lastPrompt()).toContain('[assistant]Sunny.');
  });

  it('can be sent as a whole: thinking, texts, calls and results', async () => {
    const input = [
      { role: 'user', content: 'Weather?' },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] },
      { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{"city":"Rome"}' },
      { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{"city":"Oslo"}' },
      { type: 'function_call_output', call_id: 'c1', output: 'sun' },
      { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'snow' }] },
      { role: 'assistant', content: [{ type: 'output_text', text: 'Done.', annotations: [] }] },
      { role: 'user', content: [{ type: 'input_text', text: 'Thanks' }] },
    ];
    await create({ input, tools: [weather] });
    const prompt = await api.lastPrompt();
    expect(prompt.match(/\[(user|assistant|tool:weather)\]/g)?.join('')).toBe(
      '[user][assistant][tool:weather][tool:weather][assistant][user][assistant]',
    );
    expect(prompt.match(/"city":\s*"\w+"/g)).toHaveLength(2);
  });

  it('attaches thinking to the call that follows a text, not to a later answer', async () => {
    const input = [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'Let me look.' },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Secret.' }] },
      { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'sun' },
      { role: 'assistant', content: 'Sunny.' },
      { role: 'user', content: 'Thanks' },
    ];
    await create({ input, tools: [weather] });
    expect(await api.lastPrompt()).not.toMatch(/Secret\.<\/think>Sunny/);
  });
});

describe('the events of a response', () => {
  it('number every step of thinking, text and calls', async () => {
    api.say(['<think>', 'Hm.', '</think>', 'I look.', ...callPieces('weather', { city: 'Rome' })]);
    const events = await streamed({ input: 'hi', tools: [weather], reasoning: { effort: 'low' } });
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    const kinds = events.map(({ type }) => type.replace('response.', ''));
    const once = kinds.filter((kind, index) => kind !== kinds[index - 1]);
    expect(once).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ]);
    const last = events.at(-1);
    const done = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []));
    expect(last?.type === 'response.completed' && last.response.output).toEqual(done);
  });

  it('end with response.failed when the model fails', async () => {
    api.say(['Hello'], { failure: new OllamaError('runner-failed', 'the model crashed') });
    const events = await streamed({ input: 'hi' });
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      sequence_number: events.length - 1,
      response: { status: 'failed', error: { code: 'server_error', message: 'the model crashed' } },
    });
  });
});

describe('a refused response', () => {
  it('has a missing model, streamed or not', async () => {
    await expect(create({ model: 'none', input: 'hi' })).rejects.toMatchObject({ status: 404 });
    await expect(streamed({ model: 'none', input: 'hi' })).rejects.toMatchObject({ status: 404 });
  });

  it('has a prompt that is too long and must not be shortened', async () => {
    const input = 'w '.repeat(5000);
    await expect(create({ input, truncation: 'disabled' })).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
    });
    expect((await create({ input })).truncation).toBe('auto');
  });
});
