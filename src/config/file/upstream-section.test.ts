import { describe, expect, it } from 'vitest';
import { parseConfigFile } from './parse-config-file.ts';

const parse = (entry: string) => parseConfigFile(`upstreams:\n  - ${entry}\n`, 'config.yaml').upstreams;
const complete = (fields: string) => parse(`{ name: a, url: "http://h:1/v1/", kind: openai, ${fields} }`);

describe('the section upstreams', () => {
  it('has defaults for what it leaves out', () => {
    expect(complete('models: [m]')).toEqual([
      {
        ...{ name: 'a', url: 'http://h:1/v1', kind: 'openai', limit: 64, priority: 0, extensions: false },
        ...{ connectTimeoutMs: 5000, firstByteTimeoutMs: 600_000, idleTimeoutMs: 60_000 },
        models: [{ pattern: 'm', capabilities: ['completion', 'tools'] }],
      },
    ]);
  });

  it('takes settings of single models, and durations as texts or seconds', () => {
    const [found] = complete(
      'key_env: KEY, idle_timeout: 3, models: [{ name: "far/*", as: "*", use: overflow, after: 1m30s, capabilities: [embedding] }]',
    );
    expect(found).toMatchObject({ keyVariable: 'KEY', idleTimeoutMs: 3000 });
    expect(found?.models).toEqual([
      { pattern: 'far/*', as: '*', overflowMs: 90_000, capabilities: ['embedding'] },
    ]);
  });

  it.each([
    [
      'a password in the address',
      '{ name: a, url: "http://u:p@h", kind: openai, models: [m] }',
      /url: must be a URL/,
    ],
    ['another protocol', '{ name: a, url: "file:///x", kind: openai, models: [m] }', /url: must be a URL/],
    ['an unknown kind', '{ name: a, url: "http://h", kind: vllm, models: [m] }', /kind: must be "openai"/],
    ['no models', '{ name: a, url: "http://h", kind: openai, models: [] }', /models: must name at least one/],
    [
      'a key in the file',
      '{ name: a, url: "http://h", kind: openai, key: x, models: [m] }',
      /not a known key/,
    ],
  ])('refuses %s', (_, entry, reason) => {
    expect(() => parse(entry)).toThrow(reason);
  });

  it.each([
    ['two keys', 'key_env: A, key_file: /k, models: [m]', /key_env: is given beside "key_file"/],
    ['a star without its match', 'models: [{ name: m, as: "x-*" }]', /as: has a "\*"/],
    ['a wait without a choice', 'models: [{ name: m, after: 5s }]', /after: needs `use: overflow`/],
    ['a timeout of nothing', 'idle_timeout: 0s, models: [m]', /idle_timeout: must be a duration/],
    ['a name that is not one', 'models: ["a b"]', /models/],
    ['an unknown setting of a model', 'models: [{ name: m, ass: x }]', /the nearest one is "as"/],
    ['a relative file', 'key_file: key, models: [m]', /must be an absolute path/],
  ])('refuses %s', (_, fields, reason) => {
    expect(() => complete(fields)).toThrow(reason);
  });

  it('refuses a name that occurs twice', () => {
    const entry = (name: string) => `{ name: ${name}, url: "http://h", kind: ollama, models: [m] }`;
    expect(() => parse(`${entry('a')}\n  - ${entry('A')}`)).toThrow('is that of another upstream too');
  });
});
