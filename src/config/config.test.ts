import { totalmem } from 'node:os';
import { delimiter } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingsFor, warningsFor } from './command-settings.ts';
import { readConfig } from './config.ts';

const usableMemory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);

describe('readConfig', () => {
  it('has defaults for everything', () => {
    const { config, warnings } = readConfig({ HOME: '/home/user' });
    expect(warnings).toEqual([]);
    expect(config).toEqual({
      configFile: '/home/user/.ollama/config.yaml',
      extraModelsFolders: [],
      host: { scheme: 'http', host: '127.0.0.1', port: 11434, path: '' },
      listen: [],
      tlsCertificate: '',
      tlsKey: '',
      tlsClientAuthority: '',
      tlsAuthority: '',
      tlsClientCertificate: '',
      tlsClientKey: '',
      modelsFolder: '/home/user/.ollama/models',
      keepAliveMs: 300_000,
      loadTimeoutMs: 300_000,
      runnerTimeoutMs: 120_000,
      numParallel: 0,
      maxLoadedModels: 0,
      maxQueue: 512,
      swapMaxWaitMs: 2000,
      drainTimeoutMs: 600_000,
      drainGraceMs: 0,
      shutdownTimeoutMs: 5000,
      runFolder: '/home/user/.ollama/run',
      preload: [],
      pin: [],
      memoryLimitBytes: Number.POSITIVE_INFINITY,
      hugePages: 'auto',
      contextLength: 0,
      contextGrow: 'auto',
      contextMax: 0,
      deterministic: false,
      repack: false,
      flashAttention: 'auto',
      draftModels: 'auto',
      kvCacheType: 'f16',
      grammarMatcher: 'auto',
      kvCacheFolder: '/home/user/.ollama/kv-cache',
      kvCacheDiskBytes: 2 ** 30,
      kvCacheRamBytes: Math.min(2 ** 30, Math.floor(usableMemory * 0.1)),
      keepLogits: true,
      llmLibrary: 'auto',
      kvEvents: '',
      kvEventsReplay: '',
      kvEventsTopic: '',
      kvEventsModels: [],
      kvEventsBlockSize: 16,
      kvEventsSeed: 'vllm-none-hash',
      usage: true,
      ui: true,
      uiChats: false,
      auditLog: '',
      vulkan: true,
      integratedGpus: false,
      spread: false,
      gpuOverheadBytes: 0,
      backendsFolder: '/home/user/.ollama/backends',
      templateChoice: 'auto',
      requireKey: 'auto',
      origins: [],
      registryCache: false,
      requestTemplates: true,
      requestGrammars: true,
      pullStreams: 4,
      privateRegistries: [],
      fetchImages: [],
      remotes: ['ollama.com'],
      pullRateBytes: 0,
      registryMirrors: [],
      noPrune: false,
      editor: '',
      noHistory: false,
      logLevel: 'info',
      logFile: '',
      debugLogRequests: false,
      metrics: true,
      llamaCppMetrics: false,
    });
  });

  it('removes spaces and quotes, and treats an empty value as unset', () => {
    const { config } = readConfig({ OLLAMA_MODELS: ` "/models" `, OLLAMA_MAX_QUEUE: `''` });
    expect(config.modelsFolder).toBe('/models');
    expect(config.maxQueue).toBe(512);
  });

  it.each([
    ['10m', 600_000],
    ['90', 90_000],
    ['0', 0],
    ['-1', Number.POSITIVE_INFINITY],
    ['-5m', Number.POSITIVE_INFINITY],
  ])('reads OLLAMA_KEEP_ALIVE=%s', (text, milliseconds) => {
    expect(readConfig({ OLLAMA_KEEP_ALIVE: text }).config.keepAliveMs).toBe(milliseconds);
  });

  it('treats a memory limit of 0 as no limit', () => {
    const limit = (text: string) => readConfig({ OLLAMA_MEMORY_LIMIT: text }).config.memoryLimitBytes;
    expect(limit('12GiB')).toBe(12 * 1024 ** 3);
    expect(limit('0')).toBe(Number.POSITIVE_INFINITY);
    expect(limit('much')).toBe(Number.POSITIVE_INFINITY);
    expect(readConfig({ OLLAMA_MEMORY_LIMIT: 'much' }).warnings).toEqual([
      expect.stringContaining('OLLAMA_MEMORY_LIMIT: "much"'),
    ]);
  });

  it('treats a timeout of 0 as no limit', () => {
    const { config } = readConfig({ OLLAMA_LOAD_TIMEOUT: '0', OLLAMA_RUNNER_TIMEOUT: '0' });
    expect(config.loadTimeoutMs).toBe(Number.POSITIVE_INFINITY);
    expect(config.runnerTimeoutMs).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ['0', 0],
    ['1234', 1234],
    ['512MB', 512_000_000],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['64m', 64_000_000],
    ['2ki', 2048],
    ['7B', 7],
    ['10TiB', 10 * 2 ** 40],
  ])('reads OLLAMA_KV_CACHE_BUDGET=%s', (text, bytes) => {
    const { config, warnings } = readConfig({ OLLAMA_KV_CACHE_BUDGET: text });
    expect(config.kvCacheDiskBytes).toBe(bytes);
    expect(warnings).toEqual([]);
  });

  it.each(['lots', '-1', '1PB', '1e3', '9999999999TB', 'GiB'])(
    'warns about OLLAMA_KV_CACHE_BUDGET=%s',
    (text) => {
      const { config, warnings } = readConfig({ OLLAMA_KV_CACHE_BUDGET: text });
      expect(config.kvCacheDiskBytes).toBe(2 ** 30);
      expect(warnings).toEqual([expect.stringMatching(/^OLLAMA_KV_CACHE_BUDGET: .*"1GiB"/)]);
    },
  );

  it.each([
    ['1', true],
    ['yes', true],
    ['0', false],
    ['False', false],
    ['off', false],
    ['no', false],
  ])('reads OLLAMA_NOPRUNE=%s as %s', (text, value) => {
    expect(readConfig({ OLLAMA_NOPRUNE: text }).config.noPrune).toBe(value);
  });

  it('switches off with "off" whatever is on by default', () => {
    const off = {
      OLLAMA_KEEP_LOGITS: 'off',
      OLLAMA_REQUEST_TEMPLATES: 'off',
      OLLAMA_REQUEST_GRAMMARS: 'Off',
    };
    expect(readConfig(off).config).toMatchObject({
      keepLogits: false,
      requestTemplates: false,
      requestGrammars: false,
    });
  });

  it.each([
    ['true', 'debug'],
    ['1', 'debug'],
    ['2', 'trace'],
    ['0', 'info'],
  ])('reads OLLAMA_DEBUG=%s as %s', (text, level) => {
    expect(readConfig({ OLLAMA_DEBUG: text }).config.logLevel).toBe(level);
  });

  it('reads the other kinds of settings', () => {
    const { config, warnings } = readConfig({
      OLLAMA_HOST: '0.0.0.0:99',
      OLLAMA_FLASH_ATTENTION: '0',
      OLLAMA_KV_CACHE_TYPE: 'Q8_0',
      OLLAMA_ORIGINS: 'https://a.example,https://b.example',
      OLLAMA_CONTEXT_LENGTH: '8192',
      OLLAMA_CONTEXT_GROW: 'Off',
      OLLAMA_CONTEXT_MAX: '65536',
      OLLAMA_MODELS_EXTRA: ['/a/b', ' /c', '', '/d,/e'].join(delimiter),
    });
    expect(warnings).toEqual([]);
    expect(config.extraModelsFolders).toEqual(['/a/b', '/c', '/d', '/e']);
    expect(config.host).toMatchObject({ host: '0.0.0.0', port: 99 });
    expect(config.flashAttention).toBe('off');
    expect(config.kvCacheType).toBe('q8_0');
    expect(config.origins).toEqual(['https://a.example', 'https://b.example']);
    expect(config).toMatchObject({ contextLength: 8192, contextGrow: 'off', contextMax: 65_536 });
  });

  it.each([
    ['cuda', 'cuda'],
    ['cuda_v13', 'cuda'],
    ['Vulkan', 'vulkan'],
    ['cpu_avx2', 'cpu'],
  ])('reads OLLAMA_LLM_LIBRARY=%s as %s', (text, library) => {
    expect(readConfig({ OLLAMA_LLM_LIBRARY: text })).toMatchObject({
      config: { llmLibrary: library },
      warnings: [],
    });
  });

  it('reads the settings for GPUs', () => {
    const { config, warnings } = readConfig({
      OLLAMA_VULKAN: '0',
      OLLAMA_IGPU_ENABLE: '1',
      OLLAMA_SCHED_SPREAD: 'true',
      OLLAMA_GPU_OVERHEAD: '536870912',
    });
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      vulkan: false,
      integratedGpus: true,
      spread: true,
      gpuOverheadBytes: 2 ** 29,
    });
  });

  it.each([
    ['OLLAMA_LLM_LIBRARY', 'rocm'],
    ['OLLAMA_GPU_OVERHEAD', 'some'],
    ['OLLAMA_MAX_QUEUE', '-1'],
    ['OLLAMA_NUM_PARALLEL', '257'],
    ['OLLAMA_MAX_LOADED_MODELS', '1.5'],
    ['OLLAMA_CONTEXT_LENGTH', '1e9'],
    ['OLLAMA_CONTEXT_GROW', 'sometimes'],
    ['OLLAMA_CONTEXT_MAX', '-1'],
    ['OLLAMA_CONTEXT_LENGTH', '99999999999999999999'],
    ['OLLAMA_KEEP_ALIVE', 'soon'],
    ['OLLAMA_LOAD_TIMEOUT', '5 minutes'],
    ['OLLAMA_KV_CACHE_TYPE', 'q3'],
    ['OLLAMA_DEBUG', 'loud'],
    ['OLLAMA_HOST', 'localhost:port'],
  ])('answers %s=%s with a warning and the default', (name, text) => {
    const { config, warnings } = readConfig({ HOME: '/h', [name]: text });
    const { host, ...rest } = readConfig({ HOME: '/h' }).config;
    expect(config).toMatchObject(rest);
    expect(config.host.port).toBe(host.port);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(new RegExp(`^${name}: `));
  });
});

describe('the settings of a command', () => {
  it('are the server’s settings for serve, and the address for every client', () => {
    const names = settingsFor('serve').map(({ name }) => name);
    expect(names).toContain('OLLAMA_MODELS');
    expect(names).not.toContain('OLLAMA_NOHISTORY');
    expect(settingsFor('client').map(({ name }) => name)).toEqual([
      'OLLAMA_HOST',
      'OLLAMA_TLS_CA',
      'OLLAMA_TLS_CLIENT_CERT',
      'OLLAMA_TLS_CLIENT_KEY',
      'OLLAMA_CONFIG',
    ]);
  });

  it('decide which warnings are shown', () => {
    const { warnings } = readConfig({ OLLAMA_HOST: 'a:b', OLLAMA_MAX_QUEUE: 'x' });
    expect(warningsFor('client', warnings)).toEqual([expect.stringContaining('OLLAMA_HOST')]);
    expect(warningsFor('serve', warnings)).toHaveLength(2);
  });
});
