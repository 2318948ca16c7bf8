import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { settingText, settingValue } from './setting-text.ts';
import { type SettingKey, settings } from './settings.ts';
import { valueText } from './value-text.ts';

const { config } = readConfig({ HOME: '/h', OLLAMA_KEEP_ALIVE: '-1', OLLAMA_LOAD_TIMEOUT: '90' });

it.each([
  ['host', 'http://127.0.0.1:11434'],
  ['keepAliveMs', '-1'],
  ['loadTimeoutMs', '1m30s'],
  ['memoryLimitBytes', 0],
  ['maxQueue', 512],
  ['vulkan', true],
  ['pin', []],
] as const)('%s is given to programs as its variable would be set', (key, text) => {
  expect(settingValue(config, key)).toEqual(text);
});

describe('settingText', () => {
  it('shows the defaults in words and round units', () => {
    const defaults = readConfig({ HOME: '/h' }).config;
    const keys = (Object.keys(settings) as SettingKey[]).filter((key) => key !== 'kvCacheRamBytes');
    expect(Object.fromEntries(keys.map((key) => [settings[key].name, settingText(defaults, key)]))).toEqual({
      OLLAMA_CONFIG: '/h/.ollama/config.yaml',
      OLLAMA_HOST: 'http://127.0.0.1:11434',
      OLLAMA_MODELS: '/h/.ollama/models',
      OLLAMA_MODELS_EXTRA: 'none',
      OLLAMA_KEEP_ALIVE: '5m',
      OLLAMA_LOAD_TIMEOUT: '5m',
      OLLAMA_RUNNER_TIMEOUT: '2m',
      OLLAMA_NUM_PARALLEL: 'auto',
      OLLAMA_MAX_LOADED_MODELS: 'auto',
      OLLAMA_MAX_QUEUE: '512',
      OLLAMA_SWAP_MAX_WAIT: '2s',
      OLLAMA_DETERMINISTIC: 'off',
      OLLAMA_REPACK: 'off',
      OLLAMA_DRAIN_TIMEOUT: '10m',
      OLLAMA_KV_EVENTS: 'off',
      OLLAMA_KV_EVENTS_REPLAY: 'off',
      OLLAMA_KV_EVENTS_TOPIC: 'none',
      OLLAMA_KV_EVENTS_MODELS: 'all',
      OLLAMA_KV_EVENTS_BLOCK_SIZE: '16',
      OLLAMA_KV_EVENTS_SEED: 'vllm-none-hash',
      OLLAMA_DRAIN_GRACE: '0s',
      OLLAMA_SHUTDOWN_TIMEOUT: '5s',
      OLLAMA_PRELOAD: 'none',
      OLLAMA_PIN: 'none',
      OLLAMA_CONTEXT_LENGTH: 'auto',
      OLLAMA_CONTEXT_GROW: 'auto',
      OLLAMA_CONTEXT_MAX: 'auto',
      OLLAMA_FLASH_ATTENTION: 'auto',
      OLLAMA_DRAFT_MODELS: 'auto',
      OLLAMA_KV_CACHE_TYPE: 'f16',
      OLLAMA_KEEP_LOGITS: 'on',
      OLLAMA_GRAMMAR_MATCHER: 'auto',
      OLLAMA_KV_CACHE_DIR: '/h/.ollama/kv-cache',
      OLLAMA_KV_CACHE_BUDGET: '1 GiB',
      OLLAMA_MEMORY_LIMIT: 'none',
      OLLAMA_HUGE_PAGES: 'auto',
      OLLAMA_LLM_LIBRARY: 'auto',
      OLLAMA_AUDIT_LOG: 'none',
      OLLAMA_UI_CHATS: 'off',
      OLLAMA_USAGE: 'on',
      OLLAMA_VULKAN: 'on',
      OLLAMA_IGPU_ENABLE: 'off',
      OLLAMA_SCHED_SPREAD: 'off',
      OLLAMA_GPU_OVERHEAD: 'none',
      OLLAMA_GO_TEMPLATE: 'auto',
      OLLAMA_LISTEN: 'OLLAMA_HOST',
      OLLAMA_TLS_CERT: 'none',
      OLLAMA_TLS_KEY: 'none',
      OLLAMA_TLS_CLIENT_CA: 'none',
      OLLAMA_TLS_CA: 'none',
      OLLAMA_TLS_CLIENT_CERT: 'none',
      OLLAMA_TLS_CLIENT_KEY: 'none',
      OLLAMA_REQUIRE_KEY: 'auto',
      OLLAMA_ORIGINS: 'none',
      OLLAMA_REGISTRY_MIRRORS: 'none',
      OLLAMA_REGISTRY_CACHE: 'off',
      OLLAMA_UI: 'on',
      OLLAMA_REQUEST_TEMPLATES: 'on',
      OLLAMA_REQUEST_GRAMMARS: 'on',
      OLLAMA_PULL_STREAMS: '4',
      OLLAMA_PRIVATE_REGISTRIES: 'none',
      OLLAMA_FETCH_IMAGES: 'none',
      OLLAMA_REMOTES: 'ollama.com',
      OLLAMA_PULL_RATE: 'none',
      OLLAMA_NOPRUNE: 'off',
      OLLAMA_EDITOR: 'auto',
      OLLAMA_NOHISTORY: 'off',
      OLLAMA_DEBUG: 'info',
      OLLAMA_LOG_FILE: 'none',
      OLLAMA_DEBUG_LOG_REQUESTS: 'off',
      OLLAMA_METRICS: 'on',
      OLLAMA_METRICS_LLAMACPP: 'off',
    });
  });

  it.each([
    ['OLLAMA_KEEP_ALIVE', '-1', 'forever'],
    ['OLLAMA_KEEP_ALIVE', '0', '0s'],
    ['OLLAMA_SWAP_MAX_WAIT', '-1', 'forever'],
    ['OLLAMA_KV_EVENTS', '5557', 'tcp://127.0.0.1:5557'],
    ['OLLAMA_KV_EVENTS', 'tcp://*:5557', 'tcp://*:5557'],
    ['OLLAMA_KV_EVENTS', '[::1]:5557', 'tcp://[::1]:5557'],
    ['OLLAMA_KV_EVENTS', 'ipc:///a', 'off'],
    ['OLLAMA_KV_EVENTS', '70000', 'off'],
    ['OLLAMA_KV_EVENTS_REPLAY', 'OFF', 'off'],
    ['OLLAMA_DRAIN_GRACE', '15', '15s'],
    ['OLLAMA_DRAIN_GRACE', '-1', '0s'],
    ['OLLAMA_DRAIN_GRACE', '1h', '0s'],
    ['OLLAMA_SHUTDOWN_TIMEOUT', '-1', 'none'],
    ['OLLAMA_LOAD_TIMEOUT', '0', 'none'],
    ['OLLAMA_NUM_PARALLEL', '3', '3'],
    ['OLLAMA_MAX_QUEUE', '0', '1'],
    ['OLLAMA_KV_CACHE_BUDGET', '0', 'off'],
    ['OLLAMA_KV_CACHE_RAM', '0', 'off'],
    ['OLLAMA_KV_CACHE_RAM', '1.5GiB', '1.5 GiB'],
    ['OLLAMA_MEMORY_LIMIT', '12GiB', '12 GiB'],
    ['OLLAMA_PULL_RATE', '10MB', '10 MB'],
    ['OLLAMA_FLASH_ATTENTION', '1', 'on'],
    ['OLLAMA_GO_TEMPLATE', '0', 'jinja'],
    ['OLLAMA_ORIGINS', 'https://a.example,https://b.example', 'https://a.example, https://b.example'],
    ['OLLAMA_EDITOR', 'nano', 'nano'],
    ['OLLAMA_DEBUG', '2', 'trace'],
  ])('shows %s=%s as %s', (name, text, shown) => {
    const key = (Object.keys(settings) as SettingKey[]).find((each) => settings[each].name === name);
    expect(settingText(readConfig({ HOME: '/h', [name]: text }).config, key ?? 'host')).toBe(shown);
  });
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 KB'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [1025, '1 KiB'],
  [512_000_000, '512 MB'],
  [2 ** 29, '512 MiB'],
  [812_345_678, '774.7 MiB'],
  [2 ** 40, '1 TiB'],
])('a size of %i bytes is shown as %s', (bytes, text) => {
  expect(valueText(bytes, { kind: 'size' })).toBe(text);
});

it.each([
  [0, '0s'],
  [90_000, '1m30s'],
  [3_600_000, '1h'],
  [5_400_000, '1h30m'],
  [36_000_000, '10h'],
  [600_000, '10m'],
  [3_605_000, '1h0m5s'],
  [1500, '1.5s'],
])('a duration of %i ms is shown as %s', (milliseconds, text) => {
  expect(valueText(milliseconds, { kind: 'duration' })).toBe(text);
});
