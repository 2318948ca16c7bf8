/** `ollama launch` with programs that report how they were started. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { devNull, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, patience, randomModelBytes } from '../support/server-requests.ts';
import { hasTmux, Terminal } from '../support/terminal.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));
const agent = fileURLToPath(new URL('../../fakes/runners/agent-program.mjs', import.meta.url));
const template = '{{ range .Tools }}{{ . }}{{ end }}{{ range .Messages }}{{ .Content }}{{ end }}';

let registry: TestServer;
let server: TestServer;
let home: string;

beforeAll(async () => {
  registry = await startTestServer({ env: { OLLAMA_REGISTRY_CACHE: '1' } });
  server = await startTestServer({ env: { OLLAMA_REGISTRY_MIRRORS: registry.url } });
  const bytes = await randomModelBytes({ contextLength: 65_536 });
  await createModel(server, 'coder', bytes, { template });
  await createModel(server, 'talker', await randomModelBytes({ seed: 2 }), { template: '{{ .Prompt }}' });
  await createModel(registry, 'remote', bytes, { template });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'launch-home-'));
  await mkdir(join(home, 'bin'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function install(...names: string[]): Promise<void> {
  for (const name of names) await symlink(agent, join(home, 'bin', name));
}

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function environment(env: Record<string, string> = {}): Record<string, string> {
  return {
    HOME: home,
    PATH: [join(home, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    OLLAMA_CONFIG: devNull,
    OLLAMA_HOST: server.host,
    AGENT_REPORT: join(home, 'report'),
    ...env,
  };
}

function start(args: readonly string[], env: Record<string, string> = {}) {
  return spawn(process.execPath, [program, 'launch', ...args], { env: environment(env) });
}

function launch(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = start(args, env);
  const outcome = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    outcome.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    outcome.stderr += text;
  });
  child.stdin.end();
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve({ status, ...outcome }));
  });
}

interface Report {
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly pid: number;
  readonly answer?: string;
}

/** How the programs were started, in order. */
async function reports(): Promise<Report[]> {
  const text = await readFile(join(home, 'report'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const state = async () => JSON.parse(await readFile(join(home, '.ollama', 'config.json'), 'utf8'));
const failure = (message: string) => ({ status: 1, stdout: '', stderr: `Error: ${message}\n` });

describe('a launch', () => {
  it('starts the program with the model and the arguments, and ends with its exit code', async () => {
    await install('claude');
    const { status, stdout, stderr } = await launch(
      ['claude', '--model', 'coder', '--yes', '--', '-p', '7'],
      {
        CLAUDE_CODE_USE_BEDROCK: '1',
        MINE: 'stays',
      },
    );
    expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: 'agent ran\n', stderr: '' });
    const [report] = await reports();
    expect(report?.args).toEqual(['--model', 'coder', '-p', '7']);
    expect(report?.env).toMatchObject({
      ANTHROPIC_BASE_URL: server.url,
      ANTHROPIC_AUTH_TOKEN: 'ollama',
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: '65536',
      MINE: 'stays',
    });
    expect(report?.env).not.toHaveProperty('CLAUDE_CODE_USE_BEDROCK');
    expect(await state()).toEqual({ integrations: { claude: { models: ['coder'] } } });
  });

  it('takes the model of the last launch where nobody can be asked', async () => {
    await install('claude');
    await launch(['claude', '--model', 'coder']);
    expect(await launch(['claude'])).toMatchObject({ status: 0, stdout: 'agent ran\n' });
    expect((await reports()).map(({ args }) => args[1])).toEqual(['coder', 'coder']);
  });

  it('warns in one line of a model that is not made for agents, and goes on', async () => {
    await install('claude');
    const { status, stderr } = await launch(['claude', '--model', 'talker']);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^Warning: talker cannot call tools and has room for 512 tokens only: [^\n]*\n$/);
  });

  it('offers the models of earlier launches too, as long as they exist', async () => {
    await install('droid');
    await mkdir(join(home, '.ollama'));
    const saved = { integrations: { droid: { models: ['gone', 'talker'] } } };
    await writeFile(join(home, '.ollama', 'config.json'), JSON.stringify(saved));
    await launch(['droid', '--model', 'coder']);
    const settings = JSON.parse(await readFile(join(home, '.factory', 'settings.json'), 'utf8'));
    expect(settings.customModels.map(({ model }: { model: string }) => model)).toEqual(['coder', 'talker']);
    expect((await state()).integrations.droid.models).toEqual(['coder', 'talker']);
  });

  it('reports a program that a signal ended as a shell does', async () => {
    await install('claude');
    expect(await launch(['claude', '--model', 'coder', '--', 'kill-yourself'])).toMatchObject({
      status: 137,
    });
  });

  it.each([
    ['SIGTERM', 43],
    ['SIGHUP', 129],
  ] as const)('passes %s on to the program, which ends first', async (signal, code) => {
    await install('claude');
    const child = start(['claude', '--model', 'coder', '--', 'wait']);
    const closed = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill(signal);
    expect(await closed).toBe(code);
    const [report] = await reports();
    expect(() => process.kill(report?.pid ?? 0, 0)).toThrow('ESRCH');
  });

  it('pulls a missing model with --yes', async () => {
    await install('claude');
    const { status, stderr } = await launch(['claude', '--model', 'remote', '--yes']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('pulling manifest') });
    expect((await reports())[0]?.args).toEqual(['--model', 'remote']);
  });
});

describe('files that a launch changes', () => {
  it('are named, and put back byte for byte, also without the server and the program', async () => {
    await install('qwen');
    await mkdir(join(home, '.qwen'));
    const original = '{\n\t// mine\n\t"theme" : "dark",\n}';
    await writeFile(join(home, '.qwen', 'settings.json'), original, { mode: 0o640 });
    const { stderr } = await launch(['qwen', '--model', 'coder']);
    expect(stderr).toBe(
      `changed ${join(home, '.qwen', 'settings.json')}; undo it with: ollama launch qwen --restore\n`,
    );
    expect(await readFile(join(home, '.qwen', 'settings.json'), 'utf8')).toContain('// mine');
    await rm(join(home, 'bin', 'qwen'));
    const restored = await launch(['qwen', '--restore'], await withoutServer());
    expect(restored).toEqual({
      status: 0,
      stdout: `restored ${join(home, '.qwen', 'settings.json')}\n`,
      stderr: '',
    });
    expect(await readFile(join(home, '.qwen', 'settings.json'), 'utf8')).toBe(original);
    expect((await stat(join(home, '.qwen', 'settings.json'))).mode & 0o777).toBe(0o640);
    expect(await launch(['qwen', '--restore'])).toMatchObject({
      status: 0,
      stdout: 'nothing to restore: no launch has changed files of Qwen Code\n',
    });
  });

  it('are written with --config, which starts nothing and needs no program', async () => {
    const { status, stdout, stderr } = await launch(['pi', '--model', 'coder', '--config']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/\nPi is set up for coder; start it with: ollama launch pi\n$/);
    expect(await readdir(join(home, '.pi', 'agent'))).toEqual(['models.json', 'settings.json']);
    expect(await reports()).toEqual([]);
  });

  it('prevent the launch if they cannot be read', async () => {
    await install('pi');
    await mkdir(join(home, '.pi', 'agent'), { recursive: true });
    await writeFile(join(home, '.pi', 'agent', 'settings.json'), '{"key": sk-secret');
    const { status, stderr } = await launch(['pi', '--model', 'coder']);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^Error: .*settings\.json was not changed, because it cannot be read: line 1: [^\n]*\n$/,
    );
    expect(stderr).not.toContain('sk-secret');
    expect(await readdir(join(home, '.pi', 'agent'))).toEqual(['settings.json']);
    expect(await reports()).toEqual([]);
  });
});

describe('without a terminal', () => {
  const noTerminal = 'model selection requires an interactive terminal; use --model to run in headless mode';

  it.each([
    [[], noTerminal],
    [['claude'], noTerminal],
    [['claude', '--yes'], 'headless --yes launch for claude requires --model <model>'],
    [
      ['claude', '--model', 'absent'],
      `model "absent" not found; run 'ollama pull absent' first, or use --yes to auto-pull`,
    ],
    [['nonesuch'], 'unknown integration: nonesuch'],
    [['claude', '--restore'], 'claude does not support --restore: its launch changes no files'],
  ])('%j fails', async (args, message) => {
    await install('claude');
    expect(await launch(args)).toEqual(failure(message));
    expect(await reports()).toEqual([]);
  });

  it('names a desktop application in one line, also without a server', async () => {
    const { status, stderr } = await launch(['codex-app'], await withoutServer());
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Error: ChatGPT is a desktop application [^\n]*"ollama launch codex"\n$/);
  });

  it('says how to install a program that is missing, or too old', async () => {
    const missing = await launch(['codex', '--model', 'coder']);
    expect(missing).toEqual(
      failure(
        'codex is not installed, install it with: npm install -g @openai/codex\nThen run again:\n  ollama launch codex',
      ),
    );
    await install('codex');
    const old = await launch(['codex', '--model', 'coder'], { AGENT_VERSION: '0.87.0' });
    expect(old).toEqual(
      failure(
        'codex 0.87.0 is too old, at least 0.134.0 is needed: update it with: npm update -g @openai/codex',
      ),
    );
    expect(await readdir(home)).toEqual(['bin']);
  });

  it('needs --yes where the user has to agree', async () => {
    await install('openclaw');
    const { status, stderr } = await launch(['openclaw', '--model', 'coder']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/Continue\? requires confirmation; re-run with --yes to continue\n$/);
  });
});

describe('openclaw', () => {
  it('is set up first, and has a gateway for as long as its terminal runs', async () => {
    await install('openclaw');
    const port = await freePort();
    await mkdir(join(home, '.openclaw'));
    await writeFile(join(home, '.openclaw', 'openclaw.json'), `{"gateway": {"port": ${port}}}`);
    const { status } = await launch(['openclaw', '--model', 'coder', '--yes'], { AGENT_PORT: `${port}` });
    expect(status).toBe(0);
    const [onboarding, gateway, tui] = await reports();
    expect(onboarding?.args).toContain('--accept-risk');
    expect(gateway?.args).toEqual(['gateway', 'run', '--force']);
    expect(tui?.args).toEqual(['tui']);
    await expect.poll(() => isRunning(gateway?.pid ?? 0), patience).toBe(false);
  });
});

/** The address of no server. */
async function withoutServer() {
  return { OLLAMA_HOST: `127.0.0.1:${await freePort()}` };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

describe.skipIf(!(await hasTmux()))('in a terminal', () => {
  const open = (...args: string[]) =>
    Terminal.start([process.execPath, program, 'launch', ...args], environment(), { columns: 100, rows: 30 });

  it('the menu leads to a program, which then has the terminal', async () => {
    await install('claude');
    await using terminal = await open('claude', '--', 'ask');
    await terminal.waitFor(/Select model for Claude Code:/);
    await terminal.type('cod');
    await terminal.waitFor(/▸ coder:latest/);
    await terminal.press('Enter');
    await terminal.waitFor(/agent asks:/);
    await terminal.submit('answered');
    await terminal.waitFor(/\[exit code 0\]/);
    const [report, answer] = await reports();
    expect(report?.args).toEqual(['--model', 'coder:latest', 'ask']);
    expect(answer?.answer).toBe('answered\n');
  });

  it('the menu remembers what was chosen', async () => {
    await install('codex');
    await using terminal = await open();
    await terminal.waitFor(/What do you want to do\?[\s\S]*▸ Run a model/);
    await terminal.type('codex');
    await terminal.waitFor(/▸ Codex/);
    await terminal.press('Enter');
    await terminal.waitFor(/Select model for Codex:/);
    await terminal.type('cod');
    await terminal.press('Enter');
    await terminal.waitFor(/\[exit code 0\]/);
    expect(await state()).toEqual({
      integrations: { codex: { models: ['coder:latest'] } },
      last_selection: 'codex',
    });
  });

  it('Escape leaves the list, and Ctrl-C too', async () => {
    for (const key of ['Escape', 'C-c']) {
      await using terminal = await open();
      await terminal.waitFor(/What do you want to do\?/);
      await terminal.press(key);
      expect(await terminal.waitFor(/\[exit code \d+\]/)).toBe('[exit code 0]');
    }
  });

  it('asks before it downloads a model, and respects a no', async () => {
    await install('claude');
    await using terminal = await open('claude', '--model', 'absent');
    await terminal.waitFor(/Download absent\? \(y\/n\)/);
    await terminal.submit('n');
    await terminal.waitFor(/\[exit code 0\]/);
    expect(await reports()).toEqual([]);
  });

  it('Ctrl-C in the program is for the program', async () => {
    await install('claude');
    await using terminal = await open('claude', '--model', 'coder', '--', 'wait');
    await terminal.waitFor(/agent waits/);
    await terminal.press('C-c');
    await terminal.waitFor(/\[exit code 42\]/);
  });
});
