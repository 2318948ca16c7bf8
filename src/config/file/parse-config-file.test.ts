import { describe, expect, it } from 'vitest';
import { messageOf } from '../../base/errors.ts';
import { parseConfigFile } from './parse-config-file.ts';

const parse = (text: string) => parseConfigFile(text, '/c.yaml');

function refusal(text: string): string {
  try {
    parse(text);
  } catch (error) {
    return messageOf(error);
  }
  throw new Error(`was accepted: ${text}`);
}

describe('parseConfigFile', () => {
  it('accepts settings in YAML types', () => {
    const { values } = parse(
      [
        'keep_alive: 10m',
        'load_timeout: 90',
        'max_loaded_models: 2',
        'kv_cache_budget: 1.5GiB',
        'kv_cache_ram: 1000000',
        'flash_attention: true',
        'noprune: false',
        'debug: 2',
        'kv_cache_type: q8_0',
        'origins: [https://a.example, https://b.example]',
        'models_dir: /models',
        'max_queue:',
      ].join('\n'),
    );
    expect(Object.fromEntries(values)).toEqual({
      OLLAMA_KEEP_ALIVE: '10m',
      OLLAMA_LOAD_TIMEOUT: '90',
      OLLAMA_MAX_LOADED_MODELS: '2',
      OLLAMA_KV_CACHE_BUDGET: '1.5GiB',
      OLLAMA_KV_CACHE_RAM: '1000000',
      OLLAMA_FLASH_ATTENTION: 'true',
      OLLAMA_NOPRUNE: 'false',
      OLLAMA_DEBUG: '2',
      OLLAMA_KV_CACHE_TYPE: 'q8_0',
      OLLAMA_ORIGINS: 'https://a.example,https://b.example',
      OLLAMA_MODELS: '/models',
    });
  });

  it('accepts models and aliases in any spelling', () => {
    const { models, aliases } = parse(`
models:
  Llama3.2: { keep_alive: -1, num_parallel: 2, pin: true, preload: true, options: { num_ctx: 8192 } }
aliases:
  gpt-4o: { model: qwen3, options: { temperature: 0.2 }, keep_alive: 30m }
  again: { model: gpt-4o }
`);
    expect([...models]).toEqual([
      [
        'registry.ollama.ai/library/llama3.2:latest',
        {
          name: 'Llama3.2:latest',
          keepAliveMs: Number.POSITIVE_INFINITY,
          numParallel: 2,
          pin: true,
          preload: true,
          options: { num_ctx: 8192 },
        },
      ],
    ]);
    expect([...aliases.values()]).toEqual([
      {
        name: 'gpt-4o:latest',
        target: 'qwen3:latest',
        keepAliveMs: 1_800_000,
        options: { temperature: 0.2 },
      },
      { name: 'again:latest', target: 'gpt-4o:latest', options: {} },
    ]);
  });

  it.each(['', '# nothing\n', '---\n', 'models:\naliases:\n'])('treats %j as an empty file', (text) => {
    const { values, models, aliases } = parse(text);
    expect([values.size, models.size, aliases.size]).toEqual([0, 0, 0]);
  });

  it('expands references within bounds', () => {
    const { models } = parse('models:\n  a: &shared { pin: true }\n  b: *shared\n');
    expect([...models.values()].map(({ pin }) => pin)).toEqual([true, true]);
  });

  it.each([
    ['keep_alive: 5m\nmax_queue: -1', '/c.yaml:2:12: max_queue: must be a whole number from 0 to 1000000'],
    ['max_queue: 1.5', '/c.yaml:1:12: max_queue: must be a whole number from 0 to 1000000'],
    ['keep_alive: soon', /^\/c\.yaml:1:13: keep_alive: "soon" is neither a duration .* seconds$/],
    ['keep_alive: [1]', '/c.yaml:1:1: keep_alive: must be a duration such as "5m", or a number of seconds'],
    [
      'kv_cache_ram: lots',
      '/c.yaml:1:15: kv_cache_ram: "lots" is not a number of bytes such as "512MB" or "1GiB"',
    ],
    ['noprune: maybe', '/c.yaml:1:10: noprune: must be true or false'],
    ['kv_cache_type: q3', '/c.yaml:1:16: kv_cache_type: must be one of f16, q8_0, q4_0'],
    ['debug: 7', '/c.yaml:1:8: debug: must be 0, 1 or 2'],
    ['host: "a:b"', /^\/c\.yaml:1:7: host: "b" is not a port/],
    ['origins: ["a,b"]', '/c.yaml:1:11: origins.0: must be a string without commas'],
    ['origins: [[1]]', /^\/c\.yaml:1:\d+: origins/],
    ['keepalive: 5m', '/c.yaml:1:1: keepalive: is not a known key; the nearest one is "keep_alive"'],
    ['config: x', /^\/c\.yaml:1:1: config: is not a known key/],
    ['models: /models', '/c.yaml:1:9: models: must be a mapping'],
    [
      'models:\n  a:\n    pinn: true',
      '/c.yaml:3:5: models.a.pinn: is not a known key; the nearest one is "pin"',
    ],
    ['models:\n  a:\n    pin: 1', /^\/c\.yaml:3:10: models\.a\.pin: /],
    ['models:\n  a b: {}', '/c.yaml:2:3: models."a b": is not a valid model name'],
    ['models:\n  a: {}\n  A:latest: {}', '/c.yaml:3:3: models.A:latest: is the same name as "a"'],
    ['models:\n  a: { num_parallel: 300 }', /^\/c\.yaml:2:22: models\.a\.num_parallel: .*256/],
    [
      'models:\n  a:\n    options:\n      num_ctxx: 1',
      '/c.yaml:4:7: models.a.options.num_ctxx: is not an option; the nearest option is "num_ctx"',
    ],
    [
      'models:\n  a: { options: { num_ctx: big } }',
      /^\/c\.yaml:2:28: .*option "num_ctx" must be of type integer/,
    ],
    ['aliases:\n  a: {}', '/c.yaml:2:3: aliases.a.model: must be the name of a model'],
    ['aliases:\n  a: { model: "/" }', /^\/c\.yaml:2:15: aliases\.a\.model: "\/" is not a valid model name/],
    [
      'aliases:\n  a: { model: b }\n  b: { model: A }',
      /^\/c\.yaml:2:3: aliases\.a: leads back to itself \(and 1 more\)$/,
    ],
    ['aliases:\n  a: { model: a }', '/c.yaml:2:3: aliases.a: leads back to itself'],
    [
      'models:\n  a: {}\naliases:\n  A: { model: b }',
      '/c.yaml:2:3: models.a: is an alias: put its settings under "aliases"',
    ],
    ['- 1', '/c.yaml:1:1: must be a mapping of settings'],
    ['max_queue: 1\nmax_queue: 2', /^\/c\.yaml:2:1: Map keys must be unique/],
    ['max_queue: !count 1', /^\/c\.yaml:1:12: Unresolved tag/],
    ['keep_alive: "5m', /^\/c\.yaml:1:\d+: Missing closing/],
    ['a: *b', /^\/c\.yaml:1:\d+: /],
    ['max_queue: 1\n---\nmax_queue: 2', /^\/c\.yaml:\d+:1: .*documents/],
    ['__proto__: { x: 1 }', /^\/c\.yaml:1:1: __proto__: is not a known key/],
  ])('refuses %j and reports the position and the reason', (text, expected) => {
    if (typeof expected === 'string') expect(refusal(text)).toBe(expected);
    else expect(refusal(text)).toMatch(expected);
  });

  it('throws an error for a file that is made to exhaust the parser', () => {
    expect(refusal('['.repeat(300_000))).toMatch(/^\/c\.yaml:\d+:\d+: /);
    const bomb = [
      'a0: &a0 [x, x]',
      ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
    ];
    expect(refusal(bomb.join('\n'))).toMatch(/Excessive alias count/);
    expect(refusal(`models: &m { a: *m }`)).toMatch(/^\/c\.yaml:/);
    expect(refusal(`${'x'.repeat(200_000)}: 1`).length).toBeLessThan(500);
  });
});
