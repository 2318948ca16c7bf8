import { describe, expect, it } from 'vitest';
import { chatRequestSchema } from './chat.ts';
import { createRequestSchema } from './create.ts';
import { generateRequestSchema } from './generate.ts';
import { parseRequest } from './parse-request.ts';

const refusal = (body: unknown) => {
  try {
    parseRequest(chatRequestSchema, body);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return undefined;
};

describe('parseRequest', () => {
  it('keeps known fields and reports unknown ones', () => {
    const { request, ignored } = parseRequest(generateRequestSchema, {
      model: 'm',
      prompt: 'p',
      colour: 1,
      options: { seed: 4.9, low_vram: true, temperature: null },
    });
    expect(request).toEqual({ model: 'm', prompt: 'p', options: { seed: 4 } });
    expect(ignored).toEqual(['colour', 'options.low_vram']);
  });

  it('ignores the letter case of field names at the top and in messages; an exact spelling wins', () => {
    const { request, ignored } = parseRequest(chatRequestSchema, {
      MODEL: 'a',
      Messages: [{ Role: 'USER', CONTENT: 'hi', content: 'exact' }],
    });
    expect(request).toEqual({ model: 'a', messages: [{ role: 'user', content: 'exact' }] });
    expect(ignored).toEqual([]);
  });

  it('names unknown fields in messages and tools once, and ignores those of a JSON schema', () => {
    const tool = { type: 'function', strict: true, function: { name: 'f', parameters: { odd: 1 } } };
    const message = { role: 'user', content: 'hi', cache_control: {}, name: 'x' };
    const { ignored } = parseRequest(chatRequestSchema, {
      messages: [message, message],
      tools: [tool, { ...tool, function: { ...tool.function, code: 2 } }],
    });
    expect(ignored).toEqual([
      'messages.cache_control',
      'messages.name',
      'tools.strict',
      'tools.function.code',
    ]);
  });

  it('treats null as absent', () => {
    const { request } = parseRequest(chatRequestSchema, {
      model: 'a',
      stream: null,
      format: null,
      think: null,
      keep_alive: null,
      messages: [{ role: 'user', content: null }],
    });
    expect(request).toEqual({ model: 'a', messages: [{ role: 'user', content: '' }] });
  });

  it.each([
    [{ model: 3 }, 'field "model" must be of type string, not number'],
    [{ messages: 'hi' }, 'field "messages" must be of type array, not string'],
    [{ messages: ['hi'] }, 'field "messages[0]" must be of type object, not string'],
    [{ messages: [{ content: {} }] }, 'field "messages[0].content" must be of type string, not object'],
    [{ options: [] }, 'field "options" must be of type object, not array'],
    [{ options: { num_ctx: '8' } }, 'option "num_ctx" must be of type integer'],
    [{ options: { temperature: '1' } }, 'option "temperature" must be of type float32'],
    [{ options: { use_mmap: 1 } }, 'option "use_mmap" must be of type boolean'],
    [{ options: { stop: 'x' } }, 'option "stop" must be of type array'],
    [{ options: { stop: [1] } }, 'option "stop" must be of an array of strings'],
    [{ options: { temperature: -1 } }, 'option "temperature" must be between 0 and 1000, got -1'],
    [{ options: { num_ctx: 1e300 } }, 'option "num_ctx" must be between 0 and 16777216, got 1e+300'],
    [{ top_logprobs: 21 }, 'top_logprobs must be between 0 and 20'],
    [
      { think: 'maybe' },
      'invalid think value: "maybe" (must be "high", "medium", "low", "max", true, or false)',
    ],
    [{ think: 1 }, 'think must be a boolean or string ("high", "medium", "low", "max", true, or false)'],
    [{ format: 'xml' }, 'invalid format: "xml"; expected "json" or a valid JSON Schema object'],
    [{ keep_alive: '10m5' }, 'keep_alive: time: missing unit in duration "10m5"'],
    [{ keep_alive: true }, "keep_alive: Unsupported type: 'boolean'"],
    [[], 'request body must be a JSON object, not array'],
    [null, 'request body must be a JSON object, not null'],
  ])('refuses %j', (body, message) => {
    expect(refusal(body)).toBe(message);
  });

  it('cannot be used to set a prototype', () => {
    const body: unknown = JSON.parse(
      '{"model":"m","from":"x","files":{"__proto__":"a"},"__proto__":{"system":"evil"}}',
    );
    const { request } = parseRequest(createRequestSchema, body);
    expect(request.system).toBeUndefined();
  });

  it('bounds the list of ignored fields', () => {
    const body = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x${index}`.repeat(50), 1]));
    expect(parseRequest(chatRequestSchema, body).ignored.join(',').length).toBeLessThan(1000);
  });
});
