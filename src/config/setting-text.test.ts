import { expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { settingValue } from './setting-text.ts';

const { config } = readConfig({ HOME: '/h', OLLAMA_KEEP_ALIVE: '-1', OLLAMA_LOAD_TIMEOUT: '90' });

it.each([
  ['host', 'http://127.0.0.1:11434'],
  ['keepAliveMs', '-1'],
  ['loadTimeoutMs', '1m30s'],
  ['memoryLimitBytes', 0],
  ['maxQueue', 512],
  ['vulkan', true],
  ['pin', []],
] as const)('%s is shown as its variable would be set', (key, text) => {
  expect(settingValue(config, key)).toEqual(text);
});
