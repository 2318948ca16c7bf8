import { describe, expect, it } from 'vitest';
import {
  mergedPresets,
  presetChange,
  presetsFile,
  readPresetsFile,
  usablePresets,
  withPreset,
} from './presets.ts';

describe('presets', () => {
  it('take the place of those with the same name, and never have a model', () => {
    const one = withPreset([], ' Exact ', { model: 'm', options: { temperature: 0 } });
    expect(one).toEqual([{ name: 'Exact', settings: { options: { temperature: 0 } } }]);
    const two = withPreset(one as [], 'Exact', { system: 's' });
    expect(two).toEqual([{ name: 'Exact', settings: { system: 's' } }]);
  });

  it('need a name, and are bounded in number and size', () => {
    expect(withPreset([], ' ', {})).toBe('noName');
    const many = Array.from({ length: 100 }, (_, index) => ({ name: `${index}`, settings: {} }));
    expect(withPreset(many, 'one more', {})).toBe('tooMany');
    expect(withPreset(many, '5', { system: 'x' })).toHaveLength(100);
    const long = Array.from({ length: 6 }, (_, index) => ({
      name: `${index}`,
      settings: { system: 'x'.repeat(190_000) },
    }));
    expect(withPreset(long, 'one more', {})).toBe('tooLong');
  });

  it('come back from their file', () => {
    const all = [{ name: 'a', settings: { think: 'low', format: 'json' as const } }];
    expect(readPresetsFile(presetsFile(all))).toEqual(all);
    expect(mergedPresets([{ name: 'b', settings: {} }], all)).toEqual([...all, { name: 'b', settings: {} }]);
  });

  it('of other files are refused, and what cannot be used is left out', () => {
    expect(readPresetsFile('{}')).toBeUndefined();
    expect(readPresetsFile('not JSON')).toBeUndefined();
    expect(
      usablePresets([5, { name: 1 }, { name: 'a', settings: { think: 'much', options: { top_k: 1 } } }]),
    ).toEqual([{ name: 'a', settings: { options: { top_k: 1 } } }]);
    expect(usablePresets('x')).toEqual([]);
  });

  it('leave to the model what they do not set, except the model itself', () => {
    const change = presetChange({ system: 's' });
    expect(change).toMatchObject({ system: 's', options: undefined, tools: undefined });
    expect(Object.keys(change)).not.toContain('model');
  });
});
