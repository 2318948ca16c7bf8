import { describe, expect, it } from 'vitest';
import type { TagsModel } from '../../api/tags.ts';
import { expiryOf, modelRows, withTag } from './model-rows.ts';

function model(name: string, quantization_level = 'Q4_0'): TagsModel {
  const details = { parent_model: '', format: 'gguf', family: 'llama', families: null, parameter_size: '1B' };
  return {
    ...{ name, model: name, modified_at: '2026-01-01T00:00:00Z', size: 5, digest: '0' },
    details: { ...details, quantization_level },
    capabilities: ['completion'],
  };
}

const running = { ...model('a:1'), size_vram: 0, expires_at: '2026-01-01T00:00:00Z', context_length: 2048 };

describe('the rows of the table', () => {
  const queue = {
    active: 1,
    limit: 512,
    queue: [1, 2].map((position) => ({
      ...{ position, model: 'b:1', priority: 0, waited: 1 },
      waits_for: 'load' as const,
    })),
    loading: [{ model: 'b:1', fraction: 0.5 }],
  };

  it('say which models are in memory, which are being loaded, and how many requests wait for one', () => {
    const lists = { models: [model('a:1'), model('b:1'), model('c:1')], running: [running], queue };
    expect(modelRows(lists, '')).toEqual([
      { model: model('a:1'), running, waiting: 0 },
      { model: model('b:1'), loading: 0.5, waiting: 2 },
      { model: model('c:1'), waiting: 0 },
    ]);
  });

  it('are those that have every word of the filter', () => {
    const lists = { models: [model('fox:1'), model('fox:2', 'Q8_0'), model('dog:1', 'Q8_0')], running: [] };
    const names = (filter: string) => modelRows(lists, filter).map((row) => row.model.name);
    expect(names(' FOX q8')).toEqual(['fox:2']);
    expect(names('completion')).toHaveLength(3);
    expect(names('bird')).toEqual([]);
  });
});

it('knows no end of a model that stays for ever', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(expiryOf({ expires_at: '2318-01-01T00:00:00Z' }, now)).toBeUndefined();
  expect(expiryOf({ expires_at: '2026-01-01T00:05:00Z' }, now)?.getTime()).toBe(now + 300_000);
});

it.each([
  ['fox', 'fox:Q8_0'],
  ['fox:latest', 'fox:Q8_0'],
  ['hf.co/ada/fox:Q4_0', 'hf.co/ada/fox:Q8_0'],
  ['127.0.0.1:5000/ada/fox', '127.0.0.1:5000/ada/fox:Q8_0'],
])('names another tag of %s', (name, expected) => {
  expect(withTag(name, 'Q8_0')).toBe(expected);
});
