import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settings } from './settings.ts';
import { configFileJsonSchema, settingsTable } from './settings-documents.ts';

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('the documents of the settings (npm run config-docs writes them)', () => {
  it('have every setting in docs/configuration.md', () => {
    expect(settingsTable().match(/\| `OLLAMA_/g)).toHaveLength(Object.keys(settings).length);
    expect(read('configuration.md')).toContain(`<!-- settings -->\n${settingsTable()}\n<!-- /settings -->`);
  });

  it('have the schema in docs/config.schema.json', () => {
    expect(JSON.parse(read('config.schema.json'))).toEqual(
      JSON.parse(JSON.stringify(configFileJsonSchema())),
    );
  });

  it('have a schema that takes the example, and no mistakes in it', () => {
    const isValid = new Ajv2020({ strict: false }).compile(configFileJsonSchema());
    const example = /```yaml\n([\s\S]*?)```/.exec(read('configuration.md'))?.[1] ?? '';
    const content = parse(example);
    expect(Object.keys(content)).toEqual(expect.arrayContaining(['models', 'aliases', 'keep_alive']));
    expect([isValid(content), isValid.errors]).toEqual([true, null]);
    for (const change of [
      { keepalive: 1 },
      { noprune: 'x' },
      { max_queue: -1 },
      { models: { a: { pinn: 1 } } },
    ]) {
      expect(isValid({ ...content, ...change })).toBe(false);
    }
    expect(isValid({ models: { a: { options: { num_ctx: 'x' } } } })).toBe(false);
  });
});
