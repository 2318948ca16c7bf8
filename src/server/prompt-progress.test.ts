/** `return_progress`, as llama-server has it, in streams of all dialects that clients of llama-server use. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allOf, type OpenAiServer, startOpenAiServer } from '../../test/fakes/servers/openai-server.ts';
import { linesOf } from '../../test/fakes/servers/script-server.ts';

let api: OpenAiServer;
beforeEach(async () => {
  api = await startOpenAiServer();
});
afterEach(() => api.close());

const messages = [{ role: 'user' as const, content: 'a b c' }];
const ask = { model: 'm', messages };
const progressOf = (chunks: readonly object[]) =>
  chunks.flatMap((chunk) => ('prompt_progress' in chunk ? [chunk.prompt_progress] : []));
/** What the runner of this test reports for the last prompt. */
const expected = () => {
  const total = api.server.runner.requests.at(-1)?.prompt.length ?? 0;
  const first = { total, cache: 1, processed: 1, time_ms: 0 };
  return [first, { ...first, processed: total, time_ms: 5 }];
};

describe('the progress of the prompt', () => {
  it('comes before the text in chat completions, and the rest of the stream stays as it is', async () => {
    const stream = (fields: object) =>
      api.client.chat.completions.create({
        ...ask,
        ...fields,
        stream: true,
        stream_options: { include_usage: true },
      });
    const chunks = await allOf(await stream({ return_progress: true }));
    expect(progressOf(chunks)).toEqual(expected());
    expect(chunks.slice(0, 2).map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      {},
    ]);
    const texts = (all: typeof chunks) => all.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    const plain = await allOf(await stream({}));
    expect(progressOf(plain)).toEqual([]);
    expect(texts(chunks)).toBe(texts(plain));
    expect(chunks.slice(3).map(({ choices }) => choices)).toEqual(
      plain.slice(1).map(({ choices }) => choices),
    );
  });

  it('is understood by the stream helper of the official client', async () => {
    const asked = { ...ask, return_progress: true, n: 2 };
    const { choices } = await api.client.chat.completions.stream(asked).finalChatCompletion();
    expect(choices.map(({ message }) => message.content)).toEqual(['Hello world', 'Hello world']);
    const response = api.client.responses.stream({ model: 'm', input: 'hi', ...{ return_progress: true } });
    const events = await allOf(response);
    expect(progressOf(events)).toEqual(expected());
    expect((await response.finalResponse()).output_text).toBe('Hello world');
  });

  it('comes before an echoed prompt and its probabilities in text completions', async () => {
    const asked = { model: 'm', prompt: 'a b', echo: true, logprobs: 1, return_progress: true };
    const chunks = await allOf(await api.client.completions.create({ ...asked, stream: true }));
    expect(progressOf(chunks)).toEqual(expected());
    expect(chunks.map(({ choices }) => choices[0]?.text).join('')).toBe('a bHello world');
    expect(chunks.flatMap(({ choices }) => choices[0]?.logprobs?.tokens ?? [])).toEqual([
      ...['a ', 'b', 'Hello', ' world'],
    ]);
  });

  it.each([
    ['/api/chat', ask],
    ['/api/generate', { model: 'm', prompt: 'a b c' }],
  ])('comes before the text of %s', async (path, body) => {
    const lines = await linesOf(await api.server.post(path, { ...body, return_progress: true }));
    expect(progressOf(lines)).toEqual(expected());
    expect(lines[0]).toMatchObject({ model: 'm', done: false, created_at: expect.any(String) });
    expect(lines.findIndex((line) => 'prompt_progress' in line)).toBe(0);
    expect(progressOf(await linesOf(await api.server.post(path, body)))).toEqual([]);
  });

  it('is not asked of the engine for replies in one piece, and is named there by OpenAI routes', async () => {
    for (const [path, body, ignored] of [
      ['/api/chat', { ...ask, stream: false }, null],
      ['/v1/chat/completions', ask, 'return_progress'],
      ['/v1/completions', { model: 'm', prompt: 'x' }, 'return_progress'],
      ['/v1/responses', { model: 'm', input: 'x' }, 'return_progress'],
    ] as const) {
      const reply = await api.server.post(path, { ...body, return_progress: true });
      expect([reply.status, reply.headers.get('X-Ollama-Ignored')]).toEqual([200, ignored]);
      expect(await reply.text()).not.toContain('prompt_progress');
      expect(api.server.runner.requests.at(-1)?.progress).toBeUndefined();
    }
  });
});
