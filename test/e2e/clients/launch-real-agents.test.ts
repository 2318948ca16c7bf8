/**
 * `ollama launch` starts Claude Code, Codex and OpenCode, and their prompts reach this server. The programs are the real
 * ones; the server is the whole server with a scripted model, because what a small model answers does not matter here.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { type OpenAiServer, startOpenAiServer } from '../../fakes/servers/openai-server.ts';
import { AGENT_INSTALL_MS, installAgents } from '../support/agents.ts';
import { type Exchange, type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import { filesBelow } from '../support/server-requests.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));
/** A hanging agent must not outlive its test. */
const AGENT_MS = 100_000;
/** The trained length of the model "long", which is enough for agents. */
const CONTEXT = 65_536;

let binaries: string[] = [];
let reason = '';
let ours: OpenAiServer;
let proxy: RecordingProxy;
let folder: string;

beforeAll(async () => {
  const installed = await installAgents();
  if (installed instanceof Error) reason = installed.message;
  else binaries = installed;
}, AGENT_INSTALL_MS);

beforeEach(async (context) => {
  if (binaries.length === 0) skipWithout('the npm registry', context as TestContext, reason);
  folder = await mkdtemp(join(tmpdir(), 'ollama-launch-'));
  await mkdir(join(folder, 'home'));
  await mkdir(join(folder, 'work'));
  await writeFile(join(folder, 'work', 'notes.txt'), 'The bicycle needs a new chain.\n');
  ours = await startOpenAiServer();
  const metadata = { 'llama.context_length': { type: 'u32', value: CONTEXT } } as const;
  const template = '{{ range .Tools }}{{ . }}{{ end }}{{ range .Messages }}{{ .Content }}{{ end }}';
  await ours.server.addModel('long', { metadata, create: { template } });
  proxy = await startRecordingProxy(ours.url);
});

afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  await ours.close();
  await rm(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function launch(...args: string[]): Promise<Outcome> {
  const home = join(folder, 'home');
  const env = {
    HOME: home,
    PATH: [...binaries, dirname(process.execPath), process.env.PATH].join(delimiter),
    OLLAMA_HOST: proxy.url,
    // The agents must not look for updates.
    DISABLE_AUTOUPDATER: '1',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
  };
  const child = spawn(process.execPath, [program, 'launch', ...args], {
    cwd: join(folder, 'work'),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: AGENT_MS,
  });
  const outcome = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    outcome.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    outcome.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve({ status, ...outcome }));
  });
}

const pathOf = ({ path }: Exchange) => path.split('?')[0] ?? '';

/** The exchanges so far with a path. */
function exchangesOf(path: string): Exchange[] {
  return proxy.exchanges.filter((exchange) => pathOf(exchange) === path);
}

/** The bodies of the requests for answers. */
function bodies(path: string): Record<string, unknown>[] {
  return exchangesOf(path).map(({ requestBody }) => JSON.parse(requestBody));
}

describe('ollama launch with the real programs', () => {
  it('starts Claude Code with a stable beginning of its prompt', async () => {
    ours.say(['The chain ', 'is ordered.']);
    const launched = await launch('claude', '--model', 'long', '--yes', '--', '-p', 'Order a chain.');
    expect(launched).toMatchObject({ status: 0, stdout: expect.stringContaining('The chain is ordered.') });
    // It would complain about a window that it has to assume, or that it finds too small.
    expect(launched.stderr).not.toMatch(/assumes a context window|CLAUDE_CODE_/);
    const requests = bodies('/v1/messages');
    expect(requests.length).toBeGreaterThan(0);
    expect(new Set(requests.map(({ model }) => model))).toEqual(new Set(['long']));
    // Otherwise, the first text of the system prompt would be another one in each session.
    expect(JSON.stringify(requests.map(({ system }) => system))).not.toContain('x-anthropic-billing-header');
    expect(exchangesOf('/v1/messages')[0]?.requestHeaders).toMatchObject({
      authorization: 'Bearer ollama',
    });
    expect(JSON.stringify(requests.at(-1)?.messages)).toContain('Order a chain.');
  });

  it('starts Codex with its profile, and puts its files back', async () => {
    ours.say(['The chain ', 'is ordered.']);
    const args = ['exec', '--skip-git-repo-check', 'Order a chain.'];
    const launched = await launch('codex', '--model', 'long', '--yes', '--', ...args);
    expect(launched).toMatchObject({ status: 0, stdout: expect.stringContaining('The chain is ordered.') });
    expect(launched.stderr).toContain('provider: ollama-launch');
    const [request] = bodies('/v1/responses');
    expect(request).toMatchObject({ model: 'long', stream: true });
    expect(JSON.stringify(request?.input)).toContain('Order a chain.');
    // Codex sends no request to any other path, such as one for its own models.
    const paths = proxy.exchanges.map(pathOf).filter((path) => path.startsWith('/v1/'));
    expect(paths).toEqual(exchangesOf('/v1/responses').map(() => '/v1/responses'));
    expect((await launch('codex', '--restore')).status).toBe(0);
    expect(await readdir(join(folder, 'home', '.codex'))).not.toContain('model.json');
    expect(await readdir(join(folder, 'home', '.codex'))).not.toContain('ollama-launch.config.toml');
  });

  it('starts OpenCode with its model, also for titles', async () => {
    ours.say(['The chain ', 'is ordered.']);
    const launched = await launch('opencode', '--model', 'long', '--yes', '--', 'run', 'Order a chain.');
    expect(launched).toMatchObject({ status: 0, stdout: expect.stringContaining('The chain is ordered.') });
    const requests = bodies('/v1/chat/completions');
    expect(requests.length).toBeGreaterThan(0);
    expect(new Set(requests.map(({ model }) => model))).toEqual(new Set(['long']));
    expect(JSON.stringify(requests.map(({ messages }) => messages))).toContain('Order a chain.');
    expect(await filesBelow(join(folder, 'home', '.config', 'opencode'))).not.toContain('opencode.json');
  });
});
