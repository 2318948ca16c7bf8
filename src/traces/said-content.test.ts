/** What was said in runs: sent only when it is asked for, within limits, and in the forms of the conventions. */
import * as published from '@opentelemetry/semantic-conventions/incubating';
import { describe, expect, it } from 'vitest';
import { callPieces } from '../../test/fakes/servers/openai-server.ts';
import { startTracedServer } from '../../test/fakes/servers/traced-server.ts';
import type { RunContent } from '../runs/run-content.ts';
import { contentAttributes } from './content-attributes.ts';

const switched = { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' };
const secret = 'sk-this-is-a-key';
const names = [
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.system_instructions',
  'gen_ai.tool.definitions',
];
const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } };

describe('what is said', () => {
  it('has the names that OpenTelemetry publishes', () => {
    const known = new Set<unknown>(Object.values(published));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  it('is not sent by default, nor is a key ever', async () => {
    await using server = await startTracedServer();
    const body = {
      model: 'm',
      messages: [{ role: 'user', content: 'a private question' }],
      tools: [weather],
    };
    const headers = { Authorization: `Bearer ${secret}`, 'x-api-key': secret };
    await (await server.post('/v1/chat/completions', body, headers)).text();
    const [run] = await server.collector.waitForRuns(1);
    expect(names.filter((name) => name in (run?.attributes ?? {}))).toEqual([]);
    const sent = server.collector.posts
      .map((post) => `${JSON.stringify(post.headers)} ${post.body}`)
      .join(' ');
    expect(sent).toContain('m:latest');
    for (const hidden of ['private', 'Hello', secret]) expect(sent).not.toContain(hidden);
  });

  it('is sent when the variable says so, without pictures and keys', async () => {
    await using server = await startTracedServer(switched);
    server.api.say(callPieces('weather', { city: 'Rome' }));
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'c1', function: { name: 'weather', arguments: { city: 'Oslo' } } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'rain' },
    ];
    const reply = await server.post(
      '/api/chat',
      { model: 'm', messages, tools: [weather] },
      { 'x-api-key': secret },
    );
    await reply.text();
    const [run] = await server.collector.waitForRuns(1);
    const said = (name: string) => JSON.parse(String(run?.attributes[name]));
    expect(said('gen_ai.input.messages')).toEqual([
      { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
      { role: 'user', parts: [{ type: 'text', content: 'Weather?' }] },
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: { city: 'Oslo' } }],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'rain' }] },
    ]);
    expect(said('gen_ai.output.messages')).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: expect.any(String), name: 'weather', arguments: { city: 'Rome' } }],
        finish_reason: 'tool_call',
      },
    ]);
    expect(said('gen_ai.tool.definitions')).toEqual([{ type: 'function', name: 'weather' }]);
    expect(String(server.collector.posts[0]?.body)).not.toContain(secret);
  });

  it('is sent of generate runs too, with the system text apart', async () => {
    await using server = await startTracedServer(switched);
    await (await server.post('/api/generate', { model: 'm', system: 'Be brief.', prompt: 'Why?' })).text();
    const [run] = await server.collector.waitForRuns(1);
    const attributes = run?.attributes ?? {};
    expect(JSON.parse(String(attributes['gen_ai.system_instructions']))).toEqual([
      { type: 'text', content: 'Be brief.' },
    ]);
    expect(JSON.parse(String(attributes['gen_ai.input.messages']))).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'Why?' }] },
    ]);
    expect(JSON.parse(String(attributes['gen_ai.output.messages']))).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'Hello world' }], finish_reason: 'stop' },
    ]);
  });
});

describe('contentAttributes', () => {
  const answer = { role: 'assistant', content: 'yes' };
  const sizeOf = (content: RunContent) =>
    Object.values(contentAttributes(content, 'stop')).reduce(
      (sum: number, text) => sum + String(text).length,
      0,
    );

  it('keeps the end of a long conversation, and says what it leaves out', () => {
    const messages = Array.from({ length: 1000 }, (_, index) => ({
      role: 'user',
      content: `${index} ${'x'.repeat(1000)}`,
    }));
    const attributes = contentAttributes({ request: { messages }, answer }, 'stop');
    const sent = JSON.parse(String(attributes['gen_ai.input.messages']));
    expect(sent.length).toBeLessThan(40);
    expect(sent[0]).toEqual({
      role: 'system',
      parts: [{ type: 'omitted_messages', count: 1001 - sent.length }],
    });
    expect(sent.at(-1).parts[0].content).toMatch(/^999 /);
  });

  it('stays small, whatever is said', () => {
    const long = 'y'.repeat(1_000_000);
    const call = { id: 'c', function: { name: long, arguments: { text: long } } };
    const message = { role: 'assistant', content: long, thinking: long, tool_calls: Array(1000).fill(call) };
    const tools = Array(5000).fill({ type: 'function', function: { name: 'tool' } });
    expect(sizeOf({ request: { messages: Array(50).fill(message), tools }, answer: message })).toBeLessThan(
      500_000,
    );
    expect(sizeOf({ request: { prompt: long, system: long }, answer: message })).toBeLessThan(300_000);
  });

  it('replaces pictures by a note', () => {
    const picture = 'iVBORw0KGgo'.repeat(1000);
    const request = { messages: [{ role: 'user', content: 'What is it?', images: [picture] }] };
    const text = String(contentAttributes({ request, answer })['gen_ai.input.messages']);
    expect(text).not.toContain('iVBOR');
    expect(JSON.parse(text)[0].parts).toEqual([
      { type: 'text', content: 'What is it?' },
      { type: 'omitted_medium' },
    ]);
  });
});
