import { describe, expect, it } from 'vitest';
import { ModelName } from '../names/model-name.ts';
import { readConfig } from './config.ts';
import { emptyConfigFile } from './file/config-file.ts';
import { parseConfigFile } from './file/parse-config-file.ts';
import { LiveSettings } from './live-settings.ts';

const loaded = (yaml: string, environment: Record<string, string> = {}) => {
  const file = parseConfigFile(yaml, 'c');
  return { ...readConfig({ HOME: '/h', ...environment }, file.values), file };
};

const layered = `
models:
  base: { keep_alive: 1m, num_parallel: 3, options: { num_ctx: 100, top_k: 1, seed: 1 } }
aliases:
  inner: { model: base, keep_alive: 2m, options: { top_k: 2, seed: 2 } }
  outer: { model: inner, options: { seed: 3 } }
  lost: { model: nowhere }
`;

describe('LiveSettings', () => {
  it('shows the current values through one object', () => {
    const settings = new LiveSettings(loaded('max_queue: 1'));
    const { view } = settings;
    expect({ ...view }).toEqual(settings.current);
    settings.replace(loaded('max_queue: 2'));
    expect([view.maxQueue, settings.current.maxQueue]).toEqual([2, 2]);
  });

  it('keeps settings that need a restart, and names them', () => {
    const settings = new LiveSettings(loaded('models_dir: /a\nmax_queue: 1'));
    const change = settings.replace(loaded('models_dir: /b\nmax_queue: 2\nnohistory: true'));
    expect(change).toEqual({ changed: ['OLLAMA_MAX_QUEUE'], needRestart: ['OLLAMA_MODELS'] });
    expect(settings.view).toMatchObject({ modelsFolder: '/a', maxQueue: 2 });
    // The new value still differs from the one in force.
    expect(settings.replace(loaded('models_dir: /b\nmax_queue: 2')).needRestart).toEqual(['OLLAMA_MODELS']);
    expect(settings.replace(loaded('models_dir: /a\nmax_queue: 2'))).toEqual({
      changed: [],
      needRestart: [],
    });
  });

  it('calls listeners until they are removed', () => {
    const settings = new LiveSettings(loaded(''));
    let heard = 0;
    const stop = settings.onChange(() => heard++);
    settings.replace(loaded('models: { a: { pin: true } }'));
    expect([heard, settings.modelSettings('A:latest').pin]).toEqual([1, true]);
    stop();
    settings.replace(loaded(''));
    expect([heard, settings.modelSettings('a').pin]).toEqual([1, false]);
  });

  it.each([
    ['outer', 'base:latest', { num_parallel: 3, num_ctx: 100, top_k: 2, seed: 3 }, 120_000],
    ['Inner:latest', 'base:latest', { num_parallel: 3, num_ctx: 100, top_k: 2, seed: 2 }, 120_000],
    ['base', 'base:latest', { num_parallel: 3, num_ctx: 100, top_k: 1, seed: 1 }, 60_000],
    ['lost', 'nowhere:latest', {}, undefined],
    ['other', 'other:latest', {}, undefined],
  ])('resolves %s', (asked, target, options, keepAliveMs) => {
    const resolved = new LiveSettings(loaded(layered)).resolve(ModelName.parse(asked));
    expect(resolved.name.short).toBe(target);
    expect(resolved.options).toEqual(options);
    expect(resolved.keepAliveMs).toBe(keepAliveMs);
  });

  it('lists models and aliases', () => {
    const settings = new LiveSettings(loaded(layered));
    expect(settings.models.map(({ name, numParallel }) => [name, numParallel])).toEqual([['base:latest', 3]]);
    expect(settings.aliases.map(({ name }) => name)).toEqual(['inner:latest', 'outer:latest', 'lost:latest']);
    expect(new LiveSettings({ ...loaded(''), file: emptyConfigFile }).aliases).toEqual([]);
    expect(settings.modelSettings('not a name')).toEqual({ pin: false, preload: false, options: {} });
  });
});
