/** Qwen Code, as npm delivers it, with a scripted model: it speaks the dialect of OpenAI's chat completions. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it, type TestContext } from 'vitest';
import { ScriptRunner } from '../../fakes/runners/script-runner.ts';
import { callPieces, type OpenAiServer, startOpenAiServer } from '../../fakes/servers/openai-server.ts';
import { ensureNpmProgram, requireProgram } from '../support/npm-program.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';

const qwenCode = { package: '@qwen-code/qwen-code', version: '0.24.4', command: 'qwen' };
const INSTALL_MS = 600_000;
/** A turn takes seconds; a machine that does other things may need many times as long. */
const TURN_MS = 240_000;

let found: string | Error;
let folder: string;
let api: OpenAiServer;
let proxy: RecordingProxy;

beforeAll(async () => {
  found = await ensureNpmProgram(qwenCode);
}, INSTALL_MS);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qwen-code-'));
  await mkdir(join(folder, 'work'));
  // The prompts of Qwen Code have thousands of words.
  api = await startOpenAiServer({ runner: new ScriptRunner(undefined, { contextLength: 100_000 }) });
  proxy = await startRecordingProxy(api.url);
});

afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs one prompt. @returns what it prints */
async function run(context: TestContext, prompt: string): Promise<string> {
  const program = requireProgram(found, context);
  const { PATH = '' } = process.env;
  const child = spawn(program, ['--yolo', '-p', prompt], {
    cwd: join(folder, 'work'),
    env: {
      PATH,
      HOME: folder,
      OPENAI_BASE_URL: `${proxy.url}/v1`,
      OPENAI_API_KEY: 'none',
      OPENAI_MODEL: 'm',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(TURN_MS),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  return output;
}

it('Qwen Code runs a command and ends its turn', { timeout: TURN_MS }, async (context) => {
  api.sayInTurn([
    callPieces('run_shell_command', { command: 'echo 20 C', description: 'Look', is_background: false }),
    ['It is ', 'warm.'],
  ]);
  expect(await run(context, 'How warm is it?')).toContain('It is warm.');
  expect(proxy.refusals()).toEqual([]);
  const chats = proxy.exchanges.filter(({ path }) => path.startsWith('/v1/chat/completions'));
  const { messages } = JSON.parse(chats.at(-1)?.requestBody ?? '{}');
  expect(messages.map(({ role }: { role: string }) => role)).toContain('tool');
  expect(JSON.stringify(messages)).toContain('20 C');
});
