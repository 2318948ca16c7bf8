/** OpenAI's official client against the running server. */
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { ensureMiniLm } from '../../fakes/models/minilm.ts';
import { toolsTemplate } from '../support/chat-templates.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel } from '../support/server-requests.ts';

const question = { role: 'user' as const, content: 'What is the capital of France?' };
const place = z.object({ city: z.string().max(20), country: z.enum(['France', 'Italy']) });

let server: TestServer;
let client: OpenAI;

beforeAll(async () => {
  server = await startTestServer();
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'ollama', maxRetries: 0 });
  const parameters = { num_ctx: 1024, num_predict: 100 };
  await createModel(server, 'smol', inject('smolModelPath'), { template: toolsTemplate, parameters });
  const { ggufPath } = await ensureMiniLm();
  await createModel(server, 'minilm', ggufPath, { parameters: { num_ctx: 256 } });
});
afterAll(() => server[Symbol.asyncDispose]());

const base = {
  model: 'smol',
  messages: [question],
  temperature: 0,
  seed: 1,
  reasoning_effort: 'none' as const,
};

describe('chat completions', () => {
  it('give the same answer, streamed or not', async () => {
    const whole = await client.chat.completions.create({ ...base, max_completion_tokens: 20 });
    expect(whole.choices[0]?.message.content).toContain('Paris');
    expect(whole.choices[0]?.finish_reason).toMatch(/stop|length/);
    const stream = client.chat.completions.stream({
      ...base,
      max_completion_tokens: 20,
      stream_options: { include_usage: true },
    });
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(streamed.usage?.prompt_tokens).toBe(whole.usage?.prompt_tokens);
    expect(streamed.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(0);
  });

  it('think within a budget', async () => {
    const thoughtful = { ...base, reasoning_effort: 'high' as const, think_budget: 8 };
    const { choices, usage } = await client.chat.completions.create(thoughtful);
    expect(choices[0]?.message).toMatchObject({ reasoning: expect.stringMatching(/./) });
    expect(usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
  });

  it('run tools with the client’s helper', async () => {
    const called: unknown[] = [];
    const runner = client.chat.completions.runTools(
      {
        ...base,
        parallel_tool_calls: false,
        tools: [
          zodFunction({
            name: 'get_population',
            parameters: place,
            function: (values: z.infer<typeof place>) => {
              called.push(values);
              return '2 million';
            },
          }),
        ],
        tool_choice: { type: 'function', function: { name: 'get_population' } },
      },
      { maxChatCompletions: 2 },
    );
    await runner.done();
    expect(place.safeParse(called[0]).success).toBe(true);
  });

  it('follow a schema created with zod', async () => {
    const response_format = zodResponseFormat(place, 'place');
    const { choices } = await client.chat.completions.parse({ ...base, response_format });
    expect(place.safeParse(choices[0]?.message.parsed).success).toBe(true);
  });

  it('return several answers and their probabilities', async () => {
    const varied = { ...base, temperature: 1.2, n: 3, logprobs: true, top_logprobs: 2, max_tokens: 8 };
    const { choices } = await client.chat.completions.create(varied);
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set(choices.map(({ message }) => message.content)).size).toBeGreaterThan(1);
    expect(choices[0]?.logprobs?.content?.[0]?.top_logprobs).toHaveLength(2);
  });

  it('never contain tokens that logit_bias forbids', async () => {
    const { choices } = await client.chat.completions.create({ ...base, logit_bias: { ' Paris': -100 } });
    expect(choices[0]?.message.content).not.toContain(' Paris');
  });

  it('report a prompt that is too long', async () => {
    const content = 'word '.repeat(4000);
    const options = { truncate: false } as object;
    const request = client.chat.completions.create({
      ...base,
      messages: [{ role: 'user', content }],
      ...options,
    });
    // Without truncation there is an error, otherwise a header.
    const { response } = await request.withResponse();
    expect(response.headers.get('X-Ollama-Prompt-Truncated')).toBe('true');
    expect(response.headers.get('X-Ollama-Ignored')).toBe('truncate');
  });
});

describe('the other routes', () => {
  it('complete texts', async () => {
    const reply = await client.completions.create({
      model: 'smol',
      prompt: 'The capital of France is',
      max_tokens: 5,
      temperature: 0,
    });
    expect(reply.choices[0]?.text).not.toBe('');
    expect(reply.usage?.completion_tokens).toBeLessThanOrEqual(5);
  });

  it('embed texts, as floats and as bytes', async () => {
    const input = ['a cat', 'a dog', 'a tax return'];
    const floats = await client.embeddings.create({ model: 'minilm', input, encoding_format: 'float' });
    const bytes = await client.embeddings.create({ model: 'minilm', input });
    const [cat = [], dog = [], tax = []] = floats.data.map(({ embedding }) => embedding);
    const dot = (left: number[], right: number[]) =>
      left.reduce((sum, value, at) => sum + value * (right[at] ?? 0), 0);
    expect(dot(cat, dog)).toBeGreaterThan(dot(cat, tax));
    expect(bytes.data[0]?.embedding).toHaveLength(384);
    expect(bytes.data[0]?.embedding[0]).toBeCloseTo(cat[0] ?? 0, 6);
    expect(floats.usage.prompt_tokens).toBeGreaterThan(5);
  });

  it('list models', async () => {
    const ids = (await client.models.list()).data.map(({ id }) => id);
    expect(ids.sort()).toEqual(['minilm:latest', 'smol:latest']);
  });

  it('hold conversations as responses', async () => {
    const fields = {
      model: 'smol',
      temperature: 0,
      reasoning: { effort: 'none' as const },
      max_output_tokens: 12,
    };
    const first = await client.responses.create({ ...fields, input: 'My name is Ada.' });
    expect(first.output_text).not.toBe('');
    const stream = client.responses.stream({ ...fields, input: 'And?', previous_response_id: first.id });
    const second = await stream.finalResponse();
    expect(second.output_text).not.toBe('');
    expect(second.usage?.input_tokens).toBeGreaterThan(first.usage?.input_tokens ?? 0);
    expect(second.usage?.input_tokens_details.cached_tokens).toBeGreaterThan(0);
  });
});
