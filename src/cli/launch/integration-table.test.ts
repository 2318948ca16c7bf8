import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ChangedFiles } from './files/changed-files.ts';
import { JsonText } from './files/json-text.ts';
import {
  type Integration,
  isAbsent,
  type LaunchModel,
  type LaunchPlan,
  type LaunchSetup,
} from './integration.ts';
import { findIntegration, integrations, visibleIntegrations } from './integration-table.ts';

const HOST = 'http://127.0.0.1:11434';
const coder: LaunchModel = {
  name: 'qwen3-coder:30b',
  contextLength: 262_144,
  hasTools: true,
  hasVision: false,
  hasThinking: true,
  family: 'qwen3',
};
const seeing: LaunchModel = {
  ...coder,
  name: 'gemma4',
  hasVision: true,
  hasThinking: false,
  contextLength: 131_072,
};

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'launch-home-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function launchable(name: string): Integration {
  const found = findIntegration(name);
  if (isAbsent(found)) throw new Error(`${name} cannot be launched`);
  return found;
}

function setupWith(changes: Partial<LaunchSetup> = {}): LaunchSetup {
  return { model: coder, models: [coder], host: HOST, args: [], home, environment: {}, ...changes };
}

/** Writes the files that a launch changes. */
async function launch(name: string, changes: Partial<LaunchSetup> = {}): Promise<LaunchPlan> {
  const plan = await launchable(name).plan(setupWith(changes));
  await filesOf(name).apply(plan.files ?? []);
  return plan;
}

const filesOf = (name: string) => new ChangedFiles(join(home, 'backup', name));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), text);
}

const textOf = (path: string) => readFile(join(home, path), 'utf8');
const jsonOf = async (path: string) => new JsonText(await textOf(path)).get([]) as Record<string, unknown>;

describe('the key of the server', () => {
  const KEY = `ok-${'k'.repeat(43)}`;

  it.each(integrations.filter((each) => !isAbsent(each)).map(({ name }) => name))(
    'is passed to %s in its environment or not at all',
    async (name) => {
      const { takesKey = false } = launchable(name);
      const plan = await launch(name, { environment: { OLLAMA_API_KEY: KEY } });
      expect(JSON.stringify(plan.env ?? {}).includes(KEY)).toBe(takesKey);
      expect(JSON.stringify(plan.args)).not.toContain(KEY);
      for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        expect(await readFile(join(entry.parentPath, entry.name), 'utf8')).not.toContain(KEY);
      }
    },
  );
});

describe('the table of integrations', () => {
  it('has the names and aliases of Ollama, and goose', () => {
    const names = integrations.map(({ name, aliases = [] }) => [name, ...aliases].join(' ')).sort();
    expect(names).toEqual([
      'chatgpt codex-app codex-desktop codex-gui',
      'claude',
      'claude-desktop claude-app',
      'cline',
      'codex',
      'copilot copilot-cli',
      'droid',
      'dsh deepseek-harness',
      'goose',
      'hermes',
      'hermes-desktop',
      'kimi',
      'muse muse-code',
      'omp',
      'openclaw clawdbot moltbot',
      'opencode',
      'pi',
      'pool',
      'qwen',
      'vscode code',
    ]);
  });

  it('finds names and aliases in any case, and names similar ones of an unknown one', () => {
    expect(findIntegration('ClawdBot').name).toBe('openclaw');
    expect(() => findIntegration('cluade')).toThrow(
      /^unknown integration: cluade\n\nDid you mean this\?\n\tclaude\n/,
    );
    expect(() => findIntegration('nothing-like-it')).toThrow(/^unknown integration: nothing-like-it$/);
  });

  it('hides in the menu what Ollama hides, and what cannot be launched', () => {
    const hidden = integrations.filter((each) => !visibleIntegrations.includes(each as Integration));
    expect(hidden.map(({ name }) => name)).toEqual(['chatgpt', 'claude-desktop', 'kimi', 'muse', 'vscode']);
  });

  it('answers for desktop applications in one line that names another way', () => {
    for (const name of ['chatgpt', 'claude-desktop']) {
      const found = findIntegration(name);
      expect(isAbsent(found) && found.absence).toMatch(/^[^\n]*: use "ollama launch \w+"$/);
    }
  });
});

const withFiles = visibleIntegrations
  .concat(['kimi', 'muse', 'vscode'].map(launchable))
  .filter(({ changesFiles }) => changesFiles);

describe.each(withFiles.map(({ name }) => name))('the files of %s', (name) => {
  it('are the same after a second launch, and after a restore as they were', async () => {
    const models = { models: [coder, seeing] };
    const { files = [] } = await launch(name, models);
    expect(files.length).toBeGreaterThan(0);
    const written = files.filter(({ mayStayMissing }) => mayStayMissing !== true);
    const before = await Promise.all(written.map(({ path }) => readFile(path, 'utf8')));
    expect(await filesOf(name).apply((await launchable(name).plan(setupWith(models))).files ?? [])).toEqual(
      [],
    );
    expect(await Promise.all(written.map(({ path }) => readFile(path, 'utf8')))).toEqual(before);
    await filesOf(name).restore();
    await rm(join(home, 'backup'), { recursive: true });
    expect(await readdir(home)).toEqual([]);
  });

  it('are private, and name the server and the model', async () => {
    const { files: changes = [], args, env = {} } = await launch(name);
    const files = changes.filter(({ mayStayMissing }) => mayStayMissing !== true);
    const texts = await Promise.all(files.map(({ path }) => readFile(path, 'utf8')));
    const all = [...texts, ...args, ...Object.values(env)].join('\n');
    expect(all).toContain(HOST);
    if (name !== 'vscode') expect(all).toContain(coder.name);
    for (const { path } of files) expect((await stat(path)).mode & 0o077).toBe(0);
  });

  it('are left alone if they cannot be parsed', async () => {
    const { files = [] } = await launchable(name).plan(setupWith());
    const broken = '{ "open": [';
    for (const { path } of files) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, broken);
    }
    await expect(filesOf(name).apply(files)).rejects.toThrow(/was not changed, because it cannot be read/);
    for (const { path } of files) expect(await readFile(path, 'utf8')).toBe(broken);
  });
});

describe('claude', () => {
  it('gets everything in its environment', () => {
    const { args, env, files } = launchable('claude').plan(setupWith({ args: ['-p', 'Hi'] })) as LaunchPlan;
    expect(args).toEqual(['--model', coder.name, '-p', 'Hi']);
    expect(files).toBeUndefined();
    expect(env).toEqual({
      ANTHROPIC_BASE_URL: HOST,
      ANTHROPIC_API_KEY: '',
      ANTHROPIC_AUTH_TOKEN: 'ollama',
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
      CLAUDE_CODE_TOTAL_TOKENS_REMINDER: 'off',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_FEEDBACK_COMMAND: '1',
      CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY: '1',
      ANTHROPIC_DEFAULT_OPUS_MODEL: coder.name,
      ANTHROPIC_DEFAULT_SONNET_MODEL: coder.name,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: coder.name,
      CLAUDE_CODE_SUBAGENT_MODEL: coder.name,
      CLAUDE_CODE_USE_BEDROCK: undefined,
      CLAUDE_CODE_USE_VERTEX: undefined,
      CLAUDE_CODE_USE_FOUNDRY: undefined,
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: '262144',
      CLAUDE_CODE_AUTO_COMPACT_WINDOW: '262144',
    });
  });

  it.each([
    [8192, undefined, undefined],
    [65_536, '65536', undefined],
    [131_072, '131072', '131072'],
  ])('is told of a context of %i tokens if it can work in it', (contextLength, window, compactWindow) => {
    const { env = {} } = launchable('claude').plan(
      setupWith({ model: { ...coder, contextLength } }),
    ) as LaunchPlan;
    expect(env.CLAUDE_CODE_MAX_CONTEXT_TOKENS).toBe(window);
    expect(env.CLAUDE_CODE_AUTO_COMPACT_WINDOW).toBe(compactWindow);
  });
});

describe('codex', () => {
  it('gets a profile and a catalog beside the config of the user, which stays', async () => {
    const config = 'model = "gpt-6" # mine\n';
    await put('.codex/config.toml', config);
    const { args, env } = await launch('codex', { args: ['exec', 'Hi'] });
    expect(args.slice(0, 2)).toEqual(['--profile', 'ollama-launch']);
    expect(args).toContain(`model_providers.ollama-launch.base_url="${HOST}/v1/"`);
    expect(args.slice(-4)).toEqual(['-m', coder.name, 'exec', 'Hi']);
    expect(env).toEqual({ OPENAI_API_KEY: 'ollama' });
    expect(await textOf('.codex/config.toml')).toBe(config);
    expect(await textOf('.codex/ollama-launch.config.toml')).toBe(
      `model = "${coder.name}"\nmodel_provider = "ollama-launch"\n` +
        `model_catalog_json = "${join(home, '.codex', 'model.json')}"\n\n` +
        `[model_providers.ollama-launch]\nname = "Ollama"\nbase_url = "${HOST}/v1/"\nwire_api = "responses"\n`,
    );
    expect(await jsonOf('.codex/model.json')).toMatchObject({
      models: [{ slug: coder.name, context_window: 262_144, input_modalities: ['text'] }],
    });
  });

  it('loses the profile of early versions in the config of the user, which Codex refuses, and gets it back', async () => {
    const config = '# mine\nprofile = "ollama-launch"\n\n[profiles.ollama-launch]\nmodel = "x"\n\n[tui]\n';
    await put('.codex/config.toml', config);
    await launch('codex');
    expect(await textOf('.codex/config.toml')).toBe('# mine\n\n\n[tui]\n');
    await filesOf('codex').restore();
    expect(await textOf('.codex/config.toml')).toBe(config);
    await put('.codex/config.toml', 'key = "sk-secret');
    await expect(launch('codex')).rejects.toThrow(
      /config\.toml was not changed, .*: line 1: a text does not end;/,
    );
  });

  it('looks in CODEX_HOME, as Codex does', async () => {
    await launch('codex', { environment: { CODEX_HOME: join(home, 'other') } });
    expect(await readdir(join(home, 'other'))).toEqual(['model.json', 'ollama-launch.config.toml']);
  });

  it.each([
    [['-p', 'x'], '"-p": ollama launch codex manages --profile'],
    [['--profile=x'], '"--profile=x": ollama launch codex manages --profile'],
    [['-mother'], '"-mother": ollama launch codex manages --model'],
    [['-c', 'model="x"'], '"model=\\"x\\"": ollama launch codex manages provider and model catalog config'],
    [['--config=model_providers.a.b=1'], 'manages provider and model catalog config'],
    [['-cmodel_provider=x'], 'manages provider and model catalog config'],
  ])('refuses %j', (args, message) => {
    expect(() => launchable('codex').plan(setupWith({ args }))).toThrow(message);
  });

  it('passes other settings on', () => {
    const args = ['-c', 'model_reasoning_effort="low"', '--sandbox', 'workspace-write'];
    expect((launchable('codex').plan(setupWith({ args })) as LaunchPlan).args.slice(-4)).toEqual(args);
  });
});

describe('programs that get only variables and arguments', () => {
  it.each([
    [
      'copilot',
      ['--model', coder.name, 'x'],
      {
        COPILOT_PROVIDER_BASE_URL: `${HOST}/v1`,
        COPILOT_PROVIDER_API_KEY: '',
        COPILOT_PROVIDER_WIRE_API: 'responses',
        COPILOT_MODEL: coder.name,
      },
    ],
    [
      'pool',
      ['-m', coder.name, 'x'],
      { POOLSIDE_STANDALONE_BASE_URL: `${HOST}/v1`, POOLSIDE_API_KEY: 'ollama' },
    ],
    [
      'goose',
      ['x'],
      { GOOSE_PROVIDER: 'ollama', GOOSE_MODEL: coder.name, OLLAMA_HOST: HOST, GOOSE_CONTEXT_LIMIT: '262144' },
    ],
  ])('%s', (name, args, env) => {
    expect(launchable(name).plan(setupWith({ args: ['x'] }))).toEqual({ args, env });
  });

  it('goose without arguments opens a session', () => {
    expect(launchable('goose').plan(setupWith())).toMatchObject({ args: ['session'] });
  });

  it('kimi gets its whole config as one argument', () => {
    const { args } = launchable('kimi').plan(setupWith({ args: ['--yolo'] })) as LaunchPlan;
    expect(args).toEqual(['--config', expect.any(String), '--yolo']);
    expect(JSON.parse(args[1] ?? '')).toEqual({
      default_model: 'ollama',
      providers: { ollama: { type: 'openai_legacy', base_url: `${HOST}/v1`, api_key: 'ollama' } },
      models: { ollama: { provider: 'ollama', model: coder.name, max_context_size: 262_144 } },
    });
    expect(() => launchable('kimi').plan(setupWith({ args: ['-m', 'x'] }))).toThrow('manages -m/--model');
  });
});

describe('opencode', () => {
  it('gets its config in a variable, with limits from which it knows when to compact', async () => {
    const { env = {} } = await launch('opencode', { models: [coder, seeing] });
    const config = JSON.parse(env.OPENCODE_CONFIG_CONTENT ?? '');
    expect(config).toMatchObject({ model: `ollama/${coder.name}`, small_model: `ollama/${coder.name}` });
    expect(config.provider.ollama).toMatchObject({
      npm: '@ai-sdk/openai-compatible',
      options: { baseURL: `${HOST}/v1` },
      models: {
        [coder.name]: { reasoning: true, limit: { context: 262_144, output: 32_000 } },
        gemma4: { modalities: { input: ['text', 'image'], output: ['text'] } },
      },
    });
  });

  it('puts the models first among the recent ones, and keeps the others', async () => {
    const path = '.local/state/opencode/model.json';
    const other = { providerID: 'openai', modelID: 'gpt-6' };
    await put(
      path,
      JSON.stringify({ recent: [other, { providerID: 'ollama', modelID: coder.name }], mine: 1 }),
    );
    await launch('opencode');
    expect(await jsonOf(path)).toEqual({
      recent: [{ providerID: 'ollama', modelID: coder.name }, other],
      mine: 1,
      favorite: [],
      variant: {},
    });
  });
});

describe('files that also contain what the user wrote', () => {
  it('of droid: custom models of others, comments and the reasoning effort stay', async () => {
    await put(
      '.factory/settings.json',
      `{
  // my models
  "customModels": [
    { "model": "old", "apiKey": "ollama", "index": 0 },
    { "model": "gpt", "apiKey": "\${KEY}", "extraHeaders": { "a": "b" } } // mine
  ],
  "sessionDefaultSettings": { "reasoningEffort": "high" },
  "soundOn": false
}
`,
    );
    await launch('droid', { models: [coder, seeing] });
    const text = await textOf('.factory/settings.json');
    expect(text).toContain('// my models');
    expect(text).toContain(`{ "model": "gpt", "apiKey": "\${KEY}", "extraHeaders": { "a": "b" } } // mine`);
    expect(await jsonOf('.factory/settings.json')).toEqual({
      customModels: [
        {
          model: coder.name,
          displayName: coder.name,
          baseUrl: `${HOST}/v1`,
          apiKey: 'ollama',
          provider: 'generic-chat-completion-api',
          maxOutputTokens: 64_000,
          supportsImages: false,
          id: `custom:${coder.name}-0`,
          index: 0,
        },
        expect.objectContaining({ model: 'gemma4', supportsImages: true, index: 1 }),
        { model: 'gpt', apiKey: `\${KEY}`, extraHeaders: { a: 'b' } },
      ],
      sessionDefaultSettings: { reasoningEffort: 'high', model: `custom:${coder.name}-0` },
      soundOn: false,
    });
  });

  it('of pi: models without the mark stay, marked ones that are no longer chosen are removed', async () => {
    const own = { id: 'gemma4', name: 'Mine' };
    const models = [own, { id: 'old', _launch: true }];
    await put(
      '.pi/agent/models.json',
      JSON.stringify({ providers: { ollama: { models, extra: 1 }, x: {} } }),
    );
    await put('.pi/agent/settings.json', '{\n  "theme": "dark"\n}\n');
    await launch('pi', { models: [coder, seeing] });
    expect(await jsonOf('.pi/agent/models.json')).toEqual({
      providers: {
        ollama: {
          models: [
            own,
            { id: coder.name, _launch: true, input: ['text'], reasoning: true, contextWindow: 262_144 },
          ],
          extra: 1,
          baseUrl: `${HOST}/v1`,
          api: 'openai-completions',
          apiKey: 'ollama',
        },
        x: {},
      },
    });
    expect(await textOf('.pi/agent/settings.json')).toBe(
      `{\n  "theme": "dark",\n  "defaultProvider": "ollama",\n  "defaultModel": "${coder.name}"\n}\n`,
    );
  });

  it('of qwen: providers of others stay, and flags of the user win', async () => {
    const mine = { id: 'qwen3-max', envKey: 'DASHSCOPE_API_KEY' };
    await put('.qwen/settings.json', JSON.stringify({ $version: 3, modelProviders: { openai: [mine] } }));
    const { args, env } = await launch('qwen', { args: ['--auth-type', 'openai', '-p', 'Hi'] });
    expect(args).toEqual(['--model', coder.name, '--auth-type', 'openai', '-p', 'Hi']);
    expect(env).toEqual({
      OPENAI_API_KEY: 'ollama',
      OPENAI_BASE_URL: `${HOST}/v1`,
      OPENAI_MODEL: coder.name,
    });
    await launch('qwen', { model: seeing, models: [seeing] });
    expect(await jsonOf('.qwen/settings.json')).toEqual({
      $version: 3,
      modelProviders: {
        openai: [
          {
            id: 'gemma4',
            name: 'gemma4 (Ollama)',
            baseUrl: `${HOST}/v1`,
            envKey: 'OLLAMA_API_KEY',
            generationConfig: { contextWindowSize: 131_072 },
          },
          mine,
        ],
      },
      env: { OLLAMA_API_KEY: 'ollama' },
      security: { auth: { selectedType: 'openai', baseUrl: `${HOST}/v1` } },
      model: { name: 'gemma4' },
    });
  });

  it('of cline: both files name the provider, and its key is removed', async () => {
    const other = { settings: { provider: 'anthropic', apiKey: 'sk-mine' } };
    await put(
      '.cline/data/settings/providers.json',
      JSON.stringify({ providers: { anthropic: other, ollama: { settings: { apiKey: 'x', timeout: 5 } } } }),
    );
    await launch('cline');
    expect(await jsonOf('.cline/data/settings/providers.json')).toEqual({
      version: 1,
      lastUsedProvider: 'ollama',
      providers: {
        anthropic: other,
        ollama: {
          settings: { provider: 'ollama', model: coder.name, baseUrl: `${HOST}/v1`, timeout: 5 },
          tokenSource: 'manual',
          updatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      },
    });
    expect(await jsonOf('.cline/data/globalState.json')).toMatchObject({
      actModeApiProvider: 'ollama',
      actModeOllamaModelId: coder.name,
      planModeOllamaBaseUrl: HOST,
      welcomeViewCompleted: true,
    });
  });

  it('of hermes: other providers, comments and toolsets stay; entries of early versions are removed', async () => {
    await put(
      '.hermes/config.yaml',
      `# mine
model:
  provider: openrouter # paid
  default: hermes-4
  max_tokens: 100
providers:
  openrouter: {key_env: KEY}
  ollama: {api: http://old}
custom_providers:
  - name: ollama
    base_url: http://old
toolsets:
  - hermes-cli
`,
    );
    await launch('hermes', { models: [coder, seeing] });
    const text = await textOf('.hermes/config.yaml');
    expect(text).toMatch(/^# mine\nmodel:\n {2}provider: ollama-launch # paid\n/);
    expect(parse(text)).toEqual({
      model: {
        provider: 'ollama-launch',
        default: coder.name,
        max_tokens: 100,
        base_url: `${HOST}/v1`,
        api_key: 'ollama',
      },
      providers: {
        openrouter: { key_env: 'KEY' },
        'ollama-launch': {
          name: 'Ollama',
          api: `${HOST}/v1`,
          default_model: coder.name,
          models: [coder.name, 'gemma4'],
        },
      },
      toolsets: ['hermes-cli', 'web'],
    });
  });

  it('of omp: in the folder that its variables name, with what the user added to a model', async () => {
    const environment = { PI_CODING_AGENT_DIR: join(home, 'omp') };
    await put(
      'omp/models.yml',
      `providers:\n  ollama:\n    models:\n      - id: ${coder.name}\n        maxTokens: 9\n`,
    );
    const { args } = await launch('omp', { environment, args: ['x'] });
    expect(args).toEqual(['--model', `ollama/${coder.name}`, 'x']);
    expect(parse(await textOf('omp/models.yml'))).toEqual({
      providers: {
        ollama: {
          models: [
            { id: coder.name, maxTokens: 9, name: coder.name, input: ['text'], contextWindow: 262_144 },
          ],
          baseUrl: `${HOST}/v1`,
          api: 'openai-responses',
          auth: 'none',
          discovery: { type: 'ollama' },
        },
      },
    });
    expect(parse(await textOf('omp/config.yml'))).toEqual({ setupVersion: 1 });
  });

  it('of muse: a copy of the settings of the user, whose own file stays', async () => {
    await put('.config/muse/settings.json', '{"skills": ["a"], "provider": "other"}');
    const { env } = await launch('muse');
    expect(env).toEqual({ XDG_CONFIG_HOME: join(home, '.ollama/launch/muse-config') });
    expect(await jsonOf('.ollama/launch/muse-config/muse/settings.json')).toMatchObject({
      skills: ['a'],
      schema_version: 1,
      provider: 'meta',
      model: coder.name,
      endpoint_transport: { base_url: `${HOST}/v1`, auth: 'none' },
      model_catalog: [
        { model_id: coder.name, is_default: true, context_limit: 262_144, output_limit: 32_768 },
      ],
    });
    expect(await textOf('.config/muse/settings.json')).toBe('{"skills": ["a"], "provider": "other"}');
  });

  it('of dsh: settings of its own, which a patch names', async () => {
    const { args, env } = await launch('dsh', { args: ['x'] });
    const folder = join(home, '.ollama/launch/dsh');
    expect(args).toEqual(['web', '--patch', join(folder, 'ollama.cordis.yml'), 'x']);
    expect(env).toEqual({ OLLAMA_LAUNCH_DSH_API_KEY: 'ollama' });
    expect(parse(await textOf('.ollama/launch/dsh/ollama.cordis.yml'))).toEqual([
      { id: 'settings', config: { path: join(folder, 'settings.yaml') } },
    ]);
    expect(parse(await textOf('.ollama/launch/dsh/settings.yaml'))).toMatchObject({
      'agent-default-model': { provider: 'ollama', model: coder.name },
      'llm-pi-ai': { providers: { ollama: { baseURL: `${HOST}/v1`, models: [{ id: coder.name }] } } },
    });
  });

  it('of vscode: other vendors stay', async () => {
    const path = '.config/Code/User/chatLanguageModels.json';
    await put(path, '[\n  // mine\n  { "vendor": "openai", "name": "OpenAI" }\n]\n');
    await launch('vscode');
    expect(await textOf(path)).toContain('  // mine\n  { "vendor": "openai", "name": "OpenAI" },\n');
    expect(new JsonText(await textOf(path)).get([1])).toEqual({
      vendor: 'ollama',
      name: 'Ollama',
      url: HOST,
    });
  });
});

describe('openclaw', () => {
  const path = '.openclaw/openclaw.json';

  it('is set up once, with the consent of the user, and uses no key of another provider', async () => {
    const { args, env, before = [], companion } = await launch('openclaw');
    expect(args).toEqual(['tui']);
    expect(env).toHaveProperty('OPENAI_API_KEY', undefined);
    expect(before[0]?.args.join(' ')).toBe(
      `onboard --non-interactive --accept-risk --auth-choice ollama --custom-base-url ${HOST} --custom-model-id ${coder.name} --skip-health --skip-channels --skip-skills`,
    );
    expect(companion).toMatchObject({ port: 18_789, args: ['gateway', 'run', '--force'] });
    expect(await launchable('openclaw').consent?.(setupWith())).toMatch(/Continue\?$/);
  });

  it('keeps JSON5 of the user, its port, and what it knows of models', async () => {
    await put(
      path,
      `{
  // JSON5
  wizard: { lastRunAt: '2026-01-01' },
  gateway: { port: 20000, auth: { token: 'secret' } },
  models: { providers: { ollama: { models: [{ id: '${coder.name}', maxTokens: 8 }] } } },
  agents: { defaults: { model: { primary: 'anthropic/x', fallbacks: [] } } },
}
`,
    );
    const { before, companion } = await launch('openclaw', { args: ['tui'] });
    expect(before).toEqual([]);
    expect(companion?.port).toBe(20_000);
    expect(await launchable('openclaw').consent?.(setupWith())).toBeUndefined();
    expect(await textOf(path)).toContain("wizard: { lastRunAt: '2026-01-01' },");
    expect(await jsonOf(path)).toMatchObject({
      models: {
        providers: {
          ollama: {
            baseUrl: HOST,
            api: 'ollama',
            apiKey: 'ollama-local',
            models: [{ id: coder.name, maxTokens: 8, contextWindow: 262_144, reasoning: true }],
          },
        },
      },
      agents: { defaults: { model: { primary: `ollama/${coder.name}`, fallbacks: [] } } },
    });
  });

  it('starts no gateway for other commands', async () => {
    const { companion, args } = await launch('openclaw', { args: ['channels', 'list'] });
    expect(companion).toBeUndefined();
    expect(args).toEqual(['channels', 'list']);
  });
});
