/** Claude Code, as npm delivers it, against the server. A proxy between the two keeps what they say. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, type TestContext } from 'vitest';
import { writeAgentModel } from '../../../scripts/agent-model.mjs';
import { ScriptRunner } from '../../fakes/runners/script-runner.ts';
import { callPieces, type OpenAiServer, startOpenAiServer } from '../../fakes/servers/openai-server.ts';
import { agents } from '../support/agents.ts';
import { toolsTemplate } from '../support/chat-templates.ts';
import { ensureNpmProgram, requireProgram } from '../support/npm-program.ts';
import { type Exchange, type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel } from '../support/server-requests.ts';

const claudeCode = agents.claude;
/** Claude Code is 400 MB large. */
const INSTALL_MS = 900_000;
/** A turn takes seconds; a machine that does other things may need many times as long. */
const TURN_MS = 240_000;
/** No test has more than two turns. */
const TEST_MS = 2 * TURN_MS;

let found: string | Error;
let folder: string;

beforeAll(async () => {
  found = await ensureNpmProgram(claudeCode);
  folder = await mkdtemp(join(tmpdir(), 'ollama-claude-'));
}, INSTALL_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Session {
  readonly model: string;
  readonly proxy: RecordingProxy;
  /** Folder with the settings and sessions of Claude Code. */
  readonly home: string;
  /** Folder that it works in. */
  readonly workspace: string;
}

async function openSession({ url }: Pick<TestServer, 'url'>, model: string): Promise<Session> {
  const [proxy, home, workspace] = await Promise.all([
    startRecordingProxy(url),
    mkdtemp(join(folder, 'home-')),
    mkdtemp(join(folder, 'work-')),
  ]);
  return { model, proxy, home, workspace };
}

interface ResultEvent {
  readonly type: 'result';
  readonly subtype: string;
  readonly is_error: boolean;
  readonly result?: string;
}

/** Runs one turn. @returns its last event, which says how it ended */
async function turn(session: Session, context: TestContext, args: readonly string[]): Promise<ResultEvent> {
  const program = requireProgram(found, context);
  // The package links its program only when its scripts run; this starter finds it by itself.
  const starter = join(dirname(program), '..', claudeCode.package, 'cli-wrapper.cjs');
  const flags = ['--output-format', 'stream-json', '--verbose', '--model', session.model];
  const { PATH = '' } = process.env;
  const child = spawn(
    process.execPath,
    [starter, '-p', '--allowedTools', 'Bash,Read,WebSearch', ...flags, ...args],
    {
      cwd: session.workspace,
      env: {
        PATH,
        HOME: session.home,
        ANTHROPIC_BASE_URL: session.proxy.url,
        ANTHROPIC_AUTH_TOKEN: 'none',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.timeout(TURN_MS),
    },
  );
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const events = output
    .split('\n')
    .filter((line) => line.startsWith('{"') && line.includes('"type":"result"'));
  const last = events.at(-1);
  if (last === undefined)
    throw new Error(`Claude Code did not end its turn: ${errors}${output.slice(-2000)}`);
  return JSON.parse(last);
}

function expectEndedTurn(result: ResultEvent, { proxy }: Session): void {
  expect(proxy.refusals()).toEqual([]);
  expect(result).toMatchObject({ subtype: 'success', is_error: false });
}

interface SentBody {
  readonly system?: readonly { readonly text: string }[];
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

const bodyOf = (exchange: Exchange | undefined): SentBody =>
  JSON.parse(exchange?.requestBody ?? '{"messages":[]}');

/** How much of a streamed reply's prompt was in the cache, and how much was not. */
function usageOf(exchange: Exchange | undefined): { cached: number; computed: number } {
  const line = exchange?.responseBody.split('\n').find((text) => text.includes('"type":"message_delta"'));
  const { usage } = JSON.parse(line?.slice('data: '.length) ?? '{}');
  return { cached: usage.cache_read_input_tokens, computed: usage.input_tokens };
}

/** Raises unless a system message, if any, comes first, and users and assistants take turns. */
const strictTemplate = `{%- if messages[0].role == 'system' -%}
{{ messages[0].content }}
{% set turns = messages[1:] -%}
{%- else -%}
{%- set turns = messages -%}
{%- endif -%}
{%- for message in turns -%}
{%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{%- endif -%}
<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor -%}
<|im_start|>assistant
`;

/** Writes whatever it is given. */
const lenientTemplate = `{{ range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
`;

describe('Claude Code with a model of the built server', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
    const file = join(folder, 'agent.gguf');
    await writeAgentModel(file);
    // Random weights would say as much as Claude Code allows: 32,000 tokens.
    const says = (answer: string) => ({ num_ctx: 32_768, grammar: `root ::= "${answer}"` });
    const models = {
      tools: { template: toolsTemplate, parameters: says('I greet.</think>Hello.') },
      lenient: { template: lenientTemplate, parameters: says('Hello.') },
      strict: { template: strictTemplate, parameters: says('Hello.') },
    };
    for (const [model, fields] of Object.entries(models)) await createModel(server, model, file, fields);
    await createModel(server, 'smol', inject('smolModelPath'), {
      // Without tools, which its template cannot write, the prompt would fit into all that it was trained for.
      parameters: { grammar: 'root ::= "Hello."', num_ctx: 2048 },
    });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.for(['tools', 'lenient', 'strict'])(
    'ends its first turn, and the next: %s',
    { timeout: TEST_MS },
    async (model, context) => {
      const session = await openSession(server, model);
      await using proxy = session.proxy;
      expectEndedTurn(await turn(session, context, ['Say hello']), session);
      expectEndedTurn(await turn(session, context, ['--continue', 'Say it again']), session);
      const conversations = proxy.exchanges.filter(({ path }) => path.startsWith('/v1/messages?'));
      expect(conversations).toHaveLength(2);
      for (const { responseHeaders } of conversations) {
        expect(responseHeaders['x-ollama-prompt-truncated']).toBeUndefined();
      }
      expect(bodyOf(conversations[1]).messages.map(({ role }) => role)).toContain('assistant');
    },
  );

  it('finds its prompt in the cache in a new session whose line about billing differs', {
    timeout: TEST_MS,
  }, async (context) => {
    const session = await openSession(server, 'tools');
    await using proxy = session.proxy;
    // The line contains a mark of the first words of the user.
    for (const prompt of ['Say hello', 'Please tell me the time']) {
      expectEndedTurn(await turn(session, context, [prompt]), session);
    }
    const [first, second] = proxy.exchanges.map((exchange) => bodyOf(exchange).system?.[0]?.text);
    expect(first).toMatch(/^x-anthropic-billing-header:/);
    expect(second).not.toBe(first);
    const { cached, computed } = usageOf(proxy.exchanges.at(-1));
    // Instructions and tools are most of the prompt; what follows the user's words, which differ, is computed again.
    expect(cached).toBeGreaterThan(3 * computed);
  });

  it('is told that a prompt too long for the model was cut', { timeout: TEST_MS }, async (context) => {
    const session = await openSession(server, 'smol');
    await using proxy = session.proxy;
    expectEndedTurn(await turn(session, context, ['Say hello']), session);
    expect(proxy.exchanges[0]?.responseHeaders['x-ollama-prompt-truncated']).toBe('true');
  });
});

describe('Claude Code with a model that calls its tools', () => {
  let api: OpenAiServer;

  beforeAll(async () => {
    // The prompts of Claude Code have thousands of words.
    api = await startOpenAiServer({ runner: new ScriptRunner(undefined, { contextLength: 100_000 }) });
  });
  afterAll(() => api.close());

  it('runs a command, loads tools that are deferred, searches the web and looks at a picture', {
    timeout: TEST_MS,
  }, async (context) => {
    const session = await openSession(api, 'm');
    await using proxy = session.proxy;
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    api.sayInTurn([
      [
        '<think>',
        'I look.',
        '</think>',
        ...callPieces('Bash', { command: `echo ${png} | base64 -d > a.png; echo made`, description: 'Make' }),
      ],
      callPieces('Read', { file_path: join(session.workspace, 'a.png') }),
      callPieces('ToolSearch', { query: 'select:WebSearch' }),
      callPieces('WebSearch', { query: 'today' }),
      // The search is a request of its own, with a tool that only Anthropic's servers have.
      ['Nothing found.'],
      ['All done.'],
    ]);
    const result = await turn(session, context, ['Make a picture']);
    expectEndedTurn(result, session);
    expect(result.result).toBe('All done.');
    expect((await readFile(join(session.workspace, 'a.png'))).subarray(1, 4).toString()).toBe('PNG');
    const named = proxy.exchanges.map(({ responseHeaders }) => String(responseHeaders['x-ollama-ignored']));
    expect(named.join('\n')).toContain('content[0].content[0] (image)');
    expect(named.join('\n')).toContain('tools[0] (web_search_20250305)');
    expect(JSON.stringify(bodyOf(proxy.exchanges.at(-1)))).toContain('"tool_reference"');
    const prompt = await api.lastPrompt();
    expect(prompt).toContain('[tool:Read][image left out]');
    expect(prompt).toMatch(/\[tool:ToolSearch\]<functions>\n<function>\{"description":.*"name":"WebSearch"/);
    expect(prompt).toContain('Nothing found.');
  });
});
