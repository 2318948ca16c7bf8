/** Frameworks for building agents, against the running server. */
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOllama, OllamaEmbeddings } from '@langchain/ollama';
import { generateObject, generateText, streamText, tool } from 'ai';
import { createOllama } from 'ai-sdk-ollama';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { ensureMiniLm } from '../../fakes/models/minilm.ts';
import { toolsTemplate } from '../support/chat-templates.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel } from '../support/server-requests.ts';

const prompt = 'What is the capital of France?';
const place = z.object({ city: z.string().max(20) });

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  const parameters = { num_ctx: 1024, num_predict: 60, temperature: 0 };
  await createModel(server, 'smol', inject('smolModelPath'), { template: toolsTemplate, parameters });
  const { ggufPath } = await ensureMiniLm();
  await createModel(server, 'minilm', ggufPath, { parameters: { num_ctx: 256 } });
});
afterAll(() => server[Symbol.asyncDispose]());

describe('the AI SDK with ai-sdk-ollama', () => {
  const model = () => createOllama({ baseURL: server.url })('smol', { think: false });

  it('generates and streams text', async () => {
    const { text } = await generateText({ model: model(), prompt, temperature: 0 });
    expect(text).toContain('Paris');
    let streamed = '';
    for await (const piece of streamText({ model: model(), prompt, temperature: 0 }).textStream)
      streamed += piece;
    expect(streamed).toBe(text);
  });

  it('generates objects', async () => {
    const { object } = await generateObject({ model: model(), prompt, schema: place });
    expect(place.safeParse(object).success).toBe(true);
  });

  it('offers tools', async () => {
    const tools = {
      population: tool({ description: 'Of a city', inputSchema: place, execute: async () => '2 million' }),
    };
    const { finishReason } = await generateText({ model: model(), prompt, tools, temperature: 0 });
    expect(['stop', 'tool-calls', 'length']).toContain(finishReason);
  });
});

describe('LangChain', () => {
  const chat = () => new ChatOllama({ baseUrl: server.url, model: 'smol', temperature: 0, think: false });

  it('invokes and streams', async () => {
    const reply = await chat().invoke(prompt);
    expect(reply.content).toContain('Paris');
    let streamed = '';
    for await (const piece of await chat().stream(prompt)) streamed += piece.text;
    expect(streamed).toBe(reply.content);
  });

  it('binds tools and structures output', async () => {
    const population = langchainTool(async () => '2 million', { name: 'population', schema: place });
    const reply = await chat().bindTools([population]).invoke(prompt);
    expect(reply).toMatchObject({ usage_metadata: { output_tokens: expect.any(Number) } });
    const structured = await chat().withStructuredOutput(place, { method: 'jsonSchema' }).invoke(prompt);
    expect(place.safeParse(structured).success).toBe(true);
  });

  it('embeds', async () => {
    const embeddings = new OllamaEmbeddings({ baseUrl: server.url, model: 'minilm' });
    expect(await embeddings.embedDocuments(['a', 'b'])).toMatchObject([{ length: 384 }, { length: 384 }]);
  });
});
