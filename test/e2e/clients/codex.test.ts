/** Codex CLI, as npm delivers it, against the server. A proxy between the two keeps what they say. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it, type TestContext } from 'vitest';
import { writeAgentModel } from '../../../scripts/agent-model.mjs';
import { callPieces, type OpenAiServer, startOpenAiServer } from '../../fakes/servers/openai-server.ts';
import { agents } from '../support/agents.ts';
import { toolsTemplate } from '../support/chat-templates.ts';
import { ensureNpmProgram, requireProgram } from '../support/npm-program.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post } from '../support/server-requests.ts';

const mcpProgram = fileURLToPath(new URL('../../fakes/servers/mcp-program.mjs', import.meta.url));
/** Codex is 420 MB large. */
const INSTALL_MS = 900_000;
/** A turn takes seconds; a machine that does other things may need many times as long. */
const TURN_MS = 240_000;

let found: string | Error;
let folder: string;

beforeAll(async () => {
  found = await ensureNpmProgram(agents.codex);
  folder = await mkdtemp(join(tmpdir(), 'ollama-codex-'));
}, INSTALL_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A PNG of 8 x 8 pixels. */
const redSquare =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC';

interface Session {
  readonly model: string;
  readonly proxy: RecordingProxy;
  /** Folder with the settings and sessions of Codex. */
  readonly home: string;
  /** Folder that it works in. */
  readonly workspace: string;
}

async function openSession(server: Pick<TestServer, 'url'>, model: string): Promise<Session> {
  const proxy = await startRecordingProxy(server.url);
  const home = await mkdtemp(join(folder, 'home-'));
  const workspace = await mkdtemp(join(folder, 'work-'));
  const provider = { name: '"local"', base_url: `"${proxy.url}/v1"`, wire_api: '"responses"' };
  const lines = Object.entries(provider).map(([key, value]) => `${key} = ${value}`);
  const top = [`model = "${model}"`, 'model_provider = "local"', '[model_providers.local]'];
  const tools = ['[mcp_servers.numbers]', 'command = "node"', `args = ["${mcpProgram}"]`];
  const settings = [...top, ...lines, 'request_max_retries = 0', ...tools];
  await writeFile(join(home, 'config.toml'), settings.join('\n'));
  return { model, proxy, home, workspace };
}

interface CodexEvent {
  readonly type: string;
  readonly item?: { readonly type: string; readonly text?: string };
}

/** Runs one turn. @returns what Codex reports, event by event */
async function turn(session: Session, context: TestContext, args: readonly string[]): Promise<CodexEvent[]> {
  const program = requireProgram(found, context);
  const flags = ['--skip-git-repo-check', '--json', '--dangerously-bypass-approvals-and-sandbox'];
  const { PATH = '' } = process.env;
  const child = spawn(program, ['exec', ...flags, ...args], {
    cwd: session.workspace,
    env: { PATH, HOME: session.home, CODEX_HOME: session.home },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(TURN_MS),
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  if (lines.length === 0) throw new Error(`codex said nothing but: ${errors}`);
  return lines.map((line): CodexEvent => JSON.parse(line));
}

type SentItem = Readonly<Record<string, unknown>>;

/** The items of a request: the last one has the whole conversation. */
function itemsOf({ proxy }: Session): readonly SentItem[] {
  return JSON.parse(proxy.exchanges.at(-1)?.requestBody ?? '{}').input ?? [];
}

function expectEndedTurn(events: readonly CodexEvent[], { proxy }: Session): void {
  expect(proxy.refusals()).toEqual([]);
  expect(events.at(-1)).toMatchObject({ type: 'turn.completed' });
}

describe('Codex with a model of the built server', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
    const file = join(folder, 'agent.gguf');
    await writeAgentModel(file);
    // Random weights hardly ever end an answer, and Codex takes one that reached its limit as failed.
    const parameters = { num_predict: 500, seed: 1, stop: ['e', 'a', 'o', 'i', 'u'] };
    await createModel(server, 'agent', file, { parameters });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('ends its first turn, in a context that grows with the prompt, and that of a resumed session', async (context) => {
    const session = await openSession(server, 'agent');
    await using proxy = session.proxy;
    expectEndedTurn(await turn(session, context, ['Say hello']), session);
    expectEndedTurn(await turn(session, context, ['resume', '--last', 'Say it again']), session);
    expect(proxy.exchanges.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/responses',
      'POST /v1/responses',
    ]);
    // The answer, which may be thinking alone, is sent again.
    const said = itemsOf(session).filter(({ role, type }) => role === 'assistant' || type === 'reasoning');
    expect(said.length).toBeGreaterThan(0);
    const [, second] = proxy.exchanges;
    expect(second?.responseHeaders['x-ollama-prompt-truncated']).toBeUndefined();
  });

  it('is told that a prompt too long for the model was cut', { timeout: TURN_MS }, async (context) => {
    // With all of the 8192 tokens that it is trained for, the prompt would be too long as well, and take minutes.
    await using small = await startTestServer({ env: { OLLAMA_CONTEXT_GROW: 'off' } });
    const parameters = { stop: [' '] };
    await createModel(small, 'smol', inject('smolModelPath'), { template: toolsTemplate, parameters });
    const session = await openSession(small, 'smol');
    await using proxy = session.proxy;
    expectEndedTurn(await turn(session, context, ['Say hello']), session);
    expect(proxy.exchanges[0]?.responseHeaders['x-ollama-prompt-truncated']).toBe('true');
  });
});

describe('Codex with a model that calls its tools', () => {
  let api: OpenAiServer;

  beforeAll(async () => {
    api = await startOpenAiServer();
    // Codex knows these names, and sends other kinds of tools to each of them.
    for (const destination of ['gpt-5.5', 'gpt-6-sol']) {
      await post(api, '/api/copy', { source: 'm', destination });
    }
  });
  afterAll(() => api.close());

  const outputs = (session: Session, type: string) =>
    itemsOf(session)
      .filter((item) => item.type === type)
      .map(({ output }) => JSON.stringify(output));

  it('runs a command, and calls a tool of an MCP server, which is a namespace', async (context) => {
    const session = await openSession(api, 'm');
    await using _ = session.proxy;
    api.sayInTurn([
      [
        '<think>',
        'I look.',
        '</think>',
        ...callPieces('exec_command', { cmd: 'echo made > a.txt; cat a.txt' }),
      ],
      callPieces('mcp__numbers__double', { value: 21 }),
      ['All done.'],
    ]);
    const events = await turn(session, context, ['Make a file']);
    expectEndedTurn(events, session);
    expect(events).toContainEqual(
      expect.objectContaining({ item: expect.objectContaining({ text: 'All done.' }) }),
    );
    expect(await readFile(join(session.workspace, 'a.txt'), 'utf8')).toBe('made\n');
    expect(outputs(session, 'function_call_output')).toEqual([
      expect.stringContaining('made'),
      expect.stringContaining('doubled: 42'),
    ]);
    expect(itemsOf(session)).toContainEqual(
      expect.objectContaining({ type: 'function_call', namespace: 'mcp__numbers', name: 'double' }),
    );
    expect(await api.lastPrompt()).toMatch(/\[tool:mcp__numbers__double\][^[]*doubled: 42/);
  });

  it('goes on after it looked at a picture, which the model cannot see', async (context) => {
    const session = await openSession(api, 'm');
    await using proxy = session.proxy;
    const path = join(session.workspace, 'red.png');
    await writeFile(path, Buffer.from(redSquare, 'base64'));
    api.sayInTurn([callPieces('view_image', { path }), ['All done.']]);
    expectEndedTurn(await turn(session, context, ['What do you see?']), session);
    expect(outputs(session, 'function_call_output')).toEqual([expect.stringContaining('input_image')]);
    expect(proxy.exchanges.at(-1)?.responseHeaders['x-ollama-ignored']).toContain('(image)');
    expect(await api.lastPrompt()).toContain('[tool:view_image][image left out]');
  });

  it('applies a patch, which is a custom tool, and searches for more tools', async (context) => {
    const session = await openSession(api, 'gpt-5.5');
    await using proxy = session.proxy;
    const input = '*** Begin Patch\n*** Add File: b.txt\n+"made"\n*** End Patch\n';
    api.sayInTurn([
      callPieces('apply_patch', { input }),
      callPieces('tool_search', { query: 'double a number' }),
      callPieces('mcp__numbers__double', { value: 21 }),
      ['All done.'],
    ]);
    expectEndedTurn(await turn(session, context, ['Make a file']), session);
    expect(await readFile(join(session.workspace, 'b.txt'), 'utf8')).toBe('"made"\n');
    expect(outputs(session, 'custom_tool_call_output')).toEqual([expect.stringContaining('Success')]);
    expect(outputs(session, 'function_call_output')).toEqual([expect.stringContaining('doubled: 42')]);
    expect(proxy.exchanges[0]?.responseHeaders['x-ollama-ignored']).toContain('(web_search)');
  });

  it('runs a program that its model writes, with tools that come as an item', async (context) => {
    const session = await openSession(api, 'gpt-6-sol');
    await using _ = session.proxy;
    const input = "text((await tools.exec_command({ cmd: 'echo made > c.txt; cat c.txt' })).output);";
    api.sayInTurn([callPieces('exec', { input }), ['All done.']]);
    expectEndedTurn(await turn(session, context, ['Make a file']), session);
    expect(await readFile(join(session.workspace, 'c.txt'), 'utf8')).toBe('made\n');
    expect(itemsOf(session).map(({ type }) => type)).toContain('additional_tools');
    expect(outputs(session, 'custom_tool_call_output')).toEqual([expect.stringContaining('made')]);
  });
});
