import { afterEach, describe, expect, it } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { ChatRequest } from '../api/chat.ts';
import type { GenerateRequest } from '../api/generate.ts';
import { OllamaError } from '../base/errors.ts';
import { jsonGrammar } from '../grammar/json-grammar.ts';
import { CompiledSchemas } from '../grammar/schema/compiled-schemas.ts';
import { compileSchema, schemaGrammar } from '../grammar/schema/schema-grammar.ts';

const template = {
  type: 'string',
  value:
    "{% for m in messages %}{{ '<' ~ m.role ~ '> ' ~ m.content ~ '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<assistant> ' }}{% endif %}{# tools #}",
} as const;
const chatMetadata = { 'tokenizer.chat_template': template };

let server: ScriptServer;

const start = async (create: object = {}, runner = new ScriptRunner()) => {
  server = await startScriptServer({ runner });
  await server.addModel('m', { metadata: chatMetadata, create });
};

afterEach(() => server.close());

const never = new AbortController().signal;

const collect = async <T>(chunks: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
};
const generate = (request: GenerateRequest) =>
  collect(server.inference.generate({ model: 'm', verbose_metrics: true, ...request }, { signal: never }));
const chat = (request: ChatRequest) =>
  collect(server.inference.chat({ model: 'm', ...request }, { signal: never }));
const promptText = async (index = 0) => server.runner.detokenize(server.runner.requests[index]?.prompt ?? []);
const users = (...contents: string[]) => contents.map((content) => ({ role: 'user', content }));
const idle = () => server.scheduler.running().every((running) => running.activeRequests === 0);

describe('generate', () => {
  it('streams chunks and ends with metrics and the context', async () => {
    await start();
    const chunks = await generate({ prompt: 'hi there' });
    expect(chunks.map((chunk) => chunk.response)).toEqual(['Hello', ' world', '']);
    expect(chunks.map((chunk) => chunk.done)).toEqual([false, false, true]);
    const last = chunks.at(-1);
    expect(last).toMatchObject({
      model: 'm',
      done_reason: 'stop',
      prompt_eval_cached: 1,
      prompt_eval_duration: 1000,
      eval_count: 2,
      eval_duration: 2000,
    });
    expect(last?.total_duration).toBeGreaterThan(0);
    expect(last?.context).toHaveLength((last?.prompt_eval_count ?? 0) + 2);
    expect(last).not.toHaveProperty('prompt_truncated');
    expect(Object.keys(last ?? {}).slice(0, 6)).toEqual([
      'model',
      'created_at',
      'response',
      'done',
      'done_reason',
      'context',
    ]);
    expect(idle()).toBe(true);
  });

  it('renders system, stored messages and prompt through the template', async () => {
    await start({ system: 'stored', messages: users('before') });
    await generate({ prompt: 'now' });
    await generate({ prompt: 'now', system: 'given' });
    expect(await promptText()).toBe('<system> stored\n<user> before\n<user> now\n<assistant> ');
    expect(await promptText(1)).toBe('<system> given\n<user> before\n<user> now\n<assistant> ');
  });

  it('continues an earlier context instead of the stored messages', async () => {
    await start({ messages: users('before') }, new ScriptRunner({ pieces: ['x'] }, { addsBos: true }));
    await generate({ prompt: 'now', context: [1, 3] });
    expect(server.runner.requests[0]?.prompt.slice(0, 2)).toEqual([1, 3]);
    expect(await promptText()).toBe('<user> now\n<assistant> ');
    await expect(generate({ prompt: 'now', context: [6] })).rejects.toThrow(
      '"context" contains token 6, which is not in the vocabulary of "m:latest"',
    );
  });

  it('sends a raw prompt as it is and reports no context', async () => {
    await start();
    const chunks = await generate({ prompt: 'just this', raw: true });
    expect(await promptText()).toBe('just this');
    expect(chunks.at(-1)).not.toHaveProperty('context');
  });

  it.each([
    ['Jinja', '{% for m in messages %}[{{ m.content }}]{% endfor %}'],
    ['Go', '{{ range .Messages }}[{{ .Content }}]{{ end }}'],
    ['Go, turn by turn', '[{{ .Prompt }}]'],
  ])('takes a template from the request: %s', async (_, template) => {
    await start();
    await generate({ prompt: 'x', template });
    expect(await promptText()).toBe('[x]');
  });

  it.each([
    ['Jinja', 'a\n{% for %}', 'template: line 2, column 1: '],
    ['Jinja that fails', '{% if messages %}{{ nothing.at.all() }}{% endif %}', ''],
    ['Go', 'a\n {{ .Prompt', 'template: line 2, column '],
    ['Go that fails', '{{ .Prompt.Length }}', 'template: line 1, column '],
  ])('refuses a broken template of the request: %s', async (_, template, message) => {
    await start();
    await expect(generate({ prompt: 'x', template })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(message),
    });
  });

  it('adds BOS once', async () => {
    const runner = new ScriptRunner({ pieces: ['x'] }, { addsBos: true, bosText: '<s>' });
    await start({}, runner);
    await generate({ prompt: 'a b', raw: true });
    await generate({ prompt: '<s> a b', raw: true });
    expect(runner.requests[0]?.prompt).toHaveLength(3);
    expect(runner.requests[1]?.prompt).toHaveLength(3);
    expect(runner.requests[1]?.prompt[0]).not.toBe(1);
  });

  it('passes a JSON schema as a grammar', async () => {
    await start();
    await generate({ prompt: 'x', format: { enum: ['a'] } });
    expect(server.runner.requests[0]?.grammar).toContain('"\\"a\\""');
  });

  it('passes options, format and logprobs to the runner', async () => {
    await start({ parameters: { temperature: 0.5, stop: ['END'] } });
    const chunks = await generate({
      prompt: 'x',
      format: 'json',
      logprobs: true,
      top_logprobs: 2,
      options: { num_predict: 3, seed: 9, num_keep: 2 },
      shift: false,
    });
    expect(server.runner.requests[0]).toMatchObject({
      grammar: jsonGrammar,
      topLogprobs: 2,
      maxTokens: 3,
      keep: 2,
      shift: false,
      stop: ['END'],
      sampling: { temperature: 0.5, seed: 9 },
    });
    expect(chunks[0]?.logprobs).toEqual([
      {
        token: 'Hello',
        logprob: -0.5,
        bytes: [72, 101, 108, 108, 111],
        top_logprobs: [expect.anything(), expect.anything()],
      },
    ]);
  });

  it('shows the prompt without running it', async () => {
    await start();
    const [only, ...others] = await generate({ prompt: 'x', _debug_render_only: true });
    expect(only?._debug_info).toEqual({ rendered_template: '<user> x\n<assistant> ' });
    expect(others).toEqual([]);
    expect(server.runner.requests).toEqual([]);
  });
});

describe('a schema', () => {
  const format = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };

  const startCounting = async () => {
    const compiled: unknown[] = [];
    const schemas = new CompiledSchemas((schema) => {
      compiled.push(schema);
      return compileSchema(schema);
    });
    server = await startScriptServer({ runner: new ScriptRunner(), schemas });
    await server.addModel('m', { metadata: chatMetadata });
    return compiled;
  };

  it('is compiled once for all requests with the same text', async () => {
    const compiled = await startCounting();
    await chat({ messages: users('hi'), format });
    await chat({ messages: users('hi'), format: structuredClone(format) });
    await generate({ prompt: 'hi', format });
    expect(compiled).toHaveLength(1);
    const grammars = server.runner.requests.map(({ grammar }) => grammar);
    expect(grammars).toEqual(Array.from({ length: 3 }, () => schemaGrammar(format)));
  });

  it('names a bound that is left to the model, and the reply comes all the same', async () => {
    await startCounting();
    const text = { type: 'string', maxLength: 1_000_000 };
    const reply = await server.post('/api/chat', {
      model: 'm',
      messages: users('hi'),
      format: { type: 'object', properties: { text } },
      stream: false,
    });
    expect(reply.status).toBe(200);
    expect(reply.headers.get('X-Ollama-Ignored')).toBe('format.properties.text.maxLength');
  });

  it('is compiled once for several choices of one request', async () => {
    const compiled = await startCounting();
    const response_format = { type: 'json_schema', json_schema: { name: 'a', schema: format } };
    const reply = await server.post('/v1/chat/completions', {
      model: 'm',
      messages: users('hi'),
      n: 4,
      response_format,
    });
    expect(reply.status).toBe(200);
    expect(server.runner.requests).toHaveLength(4);
    expect(compiled).toHaveLength(1);
  });
});

describe('load and unload', () => {
  it('loads for an empty request and unloads for keep_alive 0', async () => {
    await start();
    expect(await generate({})).toEqual([
      { model: 'm', created_at: expect.any(String), response: '', done: true, done_reason: 'load' },
    ]);
    expect(server.loads).toHaveLength(1);
    expect(server.runner.stopped).toBe(false);
    const [unloaded] = await chat({ keep_alive: 0 });
    expect(unloaded).toMatchObject({
      done: true,
      done_reason: 'unload',
      message: { role: 'assistant', content: '' },
    });
    await expect.poll(() => server.runner.stopped).toBe(true);
  });

  it('accepts the unload of a model that is not loaded, but not of one that does not exist', async () => {
    await start();
    expect(await generate({ keep_alive: 0 })).toMatchObject([{ done_reason: 'unload' }]);
    await expect(generate({ model: 'absent', keep_alive: 0 })).rejects.toThrow("model 'absent' not found");
    expect(server.loads).toEqual([]);
  });

  it('unloads whatever the other options of the request are', async () => {
    await start();
    await generate({ prompt: '' });
    const options = { adapter_scale: [1, 2] };
    expect((await generate({ prompt: '', keep_alive: 0, options })).at(-1)?.done_reason).toBe('unload');
    await expect(generate({ prompt: 'hi', options })).rejects.toThrow('adapter_scale');
  });

  it('loads with the effective options', async () => {
    await start({ parameters: { num_ctx: 1024 } });
    await generate({ options: { num_batch: 64, num_thread: 2 } });
    expect(server.loads[0]).toMatchObject({
      contextLength: 1024,
      batchSize: 64,
      threads: 2,
      kvCacheType: 'f16',
      prefixCache: { modelDigest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });
});

describe('chat', () => {
  it('puts the system text of the model first unless the request has one', async () => {
    await start({ system: 'stored' });
    await chat({ messages: users('hi') });
    await chat({ messages: [{ role: 'system', content: 'given' }, ...users('hi')] });
    expect(await promptText(0)).toBe('<system> stored\n<user> hi\n<assistant> ');
    expect(await promptText(1)).toBe('<system> given\n<user> hi\n<assistant> ');
  });

  it('streams messages', async () => {
    await start();
    const chunks = await chat({ messages: users('hi') });
    expect(chunks.map((chunk) => chunk.message)).toEqual([
      { role: 'assistant', content: 'Hello' },
      { role: 'assistant', content: ' world' },
      { role: 'assistant', content: '' },
    ]);
    expect(chunks.at(-1)).not.toHaveProperty('context');
  });

  it('falls back to a plain format, which stops at the next user turn', async () => {
    server = await startScriptServer();
    await server.addModel('m', { metadata: { 'tokenizer.chat_template': { type: 'u32', value: 0 } } });
    await chat({ messages: [{ role: 'system', content: 'Be brief.' }, ...users('hi')] });
    expect(await promptText()).toBe('Be brief.\n\nUser: hi\n\nAssistant:');
    expect(server.runner.requests[0]?.stop).toEqual(['\nUser:']);
  });
});

describe('a prompt that is too long', () => {
  const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(' ');

  it('loses its oldest turns in chat, and the reply and the log report it', async () => {
    await start();
    let notified = false;
    const request: ChatRequest = {
      model: 'm',
      verbose_metrics: true,
      messages: [{ role: 'system', content: 'rules' }, ...users('one', words(40), 'three')],
      options: { num_ctx: 16 },
    };
    const notices = {
      promptTruncated: () => {
        notified = true;
      },
    };
    const chunks = await collect(server.inference.chat(request, { signal: never }, notices));
    expect(await promptText()).toBe('<system> rules\n<user> three\n<assistant> ');
    expect(chunks.at(-1)?.prompt_truncated).toBe(true);
    expect(notified).toBe(true);
    expect(server.lines).toContainEqual({
      level: 'warn',
      message: 'prompt truncated to fit the context',
      fields: { contextLength: 16, droppedMessages: 2, removedTokens: 0 },
    });
  });

  it('keeps its start and its end if one message alone is too long', async () => {
    await start();
    const [...chunks] = await generate({ prompt: words(100), options: { num_ctx: 20, num_keep: 4 } });
    expect(await promptText()).toBe(
      `<user> w0 w1 w2 ${words(100).split(' ').slice(-7).join(' ')}\n<assistant> `,
    );
    expect(chunks.at(-1)?.prompt_truncated).toBe(true);
  });

  it.each([{ truncate: false }, { shift: false }])('is refused with both counts for %j', async (fields) => {
    await start();
    await expect(generate({ prompt: words(100), options: { num_ctx: 20 }, ...fields })).rejects.toMatchObject(
      {
        code: 'prompt-too-long',
        status: 400,
        message: expect.stringMatching(/102 tokens.* limit is 19 tokens/),
      },
    );
    expect(idle()).toBe(true);
  });

  it('is refused in chat without truncate', async () => {
    await start();
    const request = { messages: users('a', 'b', 'c', 'd'), options: { num_ctx: 8 }, truncate: false };
    await expect(chat(request)).rejects.toThrow(/9 tokens.* limit is 7/);
  });

  it('is not even tokenized if it is far too long', async () => {
    await start();
    const prompt = 'x'.repeat(100_000);
    await expect(generate({ prompt, options: { num_ctx: 8 } })).rejects.toThrow(/1000\d\d characters/);
  });
});

describe('refusals', () => {
  const weather = [{ type: 'function', function: { name: 'weather' } }];

  it('name the missing capability of the model', async () => {
    await start();
    await expect(chat({ messages: users('x'), think: true })).rejects.toThrow(
      '"m" does not support thinking',
    );
    await expect(generate({ prompt: 'x', suffix: 'y' })).rejects.toThrow(
      'registry.ollama.ai/library/m:latest does not support insert',
    );
    await expect(generate({ prompt: 'x', images: ['aGk='] })).rejects.toThrow(
      'the model does not support images',
    );
    await expect(generate({ prompt: 'x', raw: true, system: 's' })).rejects.toThrow(
      'raw mode does not support template, system, or context',
    );
    await expect(chat({ messages: users('x'), format: { not: {} } })).rejects.toThrow(
      'format: "#/not" is not supported',
    );
    expect(server.loads).toEqual([]);
  });

  it('name missing tools and embedding models', async () => {
    server = await startScriptServer();
    await server.addModel('m', {
      metadata: {
        'llama.pooling_type': { type: 'u32', value: 1 },
        'tokenizer.chat_template': { type: 'string', value: '{{ messages }}' },
      },
    });
    await expect(chat({ messages: users('x') })).rejects.toThrow('"m" does not support chat');
    await expect(generate({ prompt: 'x' })).rejects.toThrow('"m" does not support generate');
    await server.addModel('plain');
    await expect(chat({ model: 'plain', messages: users('x'), tools: weather })).rejects.toThrow(
      'registry.ollama.ai/library/plain:latest does not support tools',
    );
  });
});

describe('the lease', () => {
  it('is released when the reader stops, which also ends the completion', async () => {
    await start({}, new ScriptRunner({ pieces: ['a', 'b', 'c'], delayMs: 20 }));
    for await (const _ of server.inference.chat({ model: 'm', messages: users('x') }, { signal: never }))
      break;
    expect(server.runner.canceled).toBe(1);
    expect(idle()).toBe(true);
  });

  it('is released when the completion has ended, although its reader has stopped reading', async () => {
    await start({}, new ScriptRunner({ pieces: Array.from({ length: 1000 }, () => 'x') }));
    const chunks = server.inference.chat({ model: 'm', messages: users('x') }, { signal: never });
    await chunks.next();
    await expect.poll(idle, { interval: 5 }).toBe(true);
    let rest = 0;
    for await (const { done } of chunks) if (!done) rest += 1;
    expect(rest).toBeGreaterThan(0);
    expect(server.runner.canceled).toBe(0);
  });

  it('is released when a reader leaves too much unread, which ends the completion', async () => {
    const piece = 'x'.repeat(1024 * 1024);
    await start({}, new ScriptRunner({ pieces: Array.from({ length: 100 }, () => piece), delayMs: 1 }));
    const chunks = server.inference.chat({ model: 'm', messages: users('x') }, { signal: never });
    await chunks.next();
    await expect.poll(idle, { interval: 5 }).toBe(true);
    expect(server.runner.canceled).toBe(1);
    const rest = (async () => {
      for await (const _ of chunks);
    })();
    await expect(rest).rejects.toThrow('the reply was not read');
  });

  it('is released when the client aborts', async () => {
    await start({}, new ScriptRunner({ pieces: ['a', 'b', 'c'], delayMs: 20 }));
    const abort = new AbortController();
    const chunks = server.inference.chat({ model: 'm', messages: users('x') }, abort);
    await chunks.next();
    abort.abort();
    await expect(chunks.next()).rejects.toMatchObject({ status: 499 });
    expect(server.runner.canceled).toBe(1);
    expect(idle()).toBe(true);
  });

  it('is released when the runner fails', async () => {
    const failure = new OllamaError('runner-failed', 'model runner has unexpectedly stopped');
    await start({}, new ScriptRunner({ pieces: ['a'], failure }));
    await expect(chat({ messages: users('x') })).rejects.toThrow(failure);
    expect(idle()).toBe(true);
  });
});
