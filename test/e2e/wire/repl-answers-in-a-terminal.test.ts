import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDeferred } from '../../../src/base/deferred.ts';
import {
  type Answer,
  type AnsweringServer,
  type Body,
  refuse,
  shown,
  startAnsweringServer,
  writeLine,
} from '../../fakes/servers/answering-server.ts';
import { hasTmux, Terminal } from '../support/terminal.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));
const png = Buffer.from('\u0089PNG\r\n\u001a\n rest', 'latin1');
const seeing = shown({ capabilities: ['completion', 'vision'] });

const loads: Answer = (_, response) => writeLine(response, { response: '', done: true });

/** An answer in pieces. */
const says =
  (...messages: readonly Body[]): Answer =>
  (_, response) => {
    for (const message of messages) {
      writeLine(response, { message: { role: 'assistant', content: '', ...message }, done: false });
    }
    writeLine(response, { message: { role: 'assistant', content: '' }, done: true, eval_count: 2 });
  };

const words = (text: string) => says(...text.split(/(?<= )/).map((content) => ({ content })));

describe.skipIf(!(await hasTmux()))('answers in a real terminal', () => {
  let folder: string;
  let server: AnsweringServer | undefined;
  let terminal: Terminal | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'repl-answers-'));
    await writeFile(join(folder, 'cat.png'), png);
    await writeFile(join(folder, 'fake.png'), '%PDF-1.7');
  });
  afterEach(async () => {
    await terminal?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function start(
    answers: Readonly<Record<string, Answer>>,
    {
      args = [],
      env = {},
      size,
    }: { args?: string[]; env?: Record<string, string>; size?: { columns: number } } = {},
  ): Promise<{ terminal: Terminal; server: AnsweringServer }> {
    server = await startAnsweringServer({ '/api/show': shown(), '/api/generate': loads, ...answers });
    const settings = {
      OLLAMA_HOST: server.host,
      OLLAMA_CONFIG: devNull,
      HOME: folder,
      OLLAMA_NOHISTORY: '1',
    };
    const command = [process.execPath, program, 'run', 'm', ...args];
    terminal = await Terminal.start(command, { ...settings, ...env }, size);
    return { terminal, server };
  }

  it('shows the progress of the load, then the position in the queue, and neither afterwards', async () => {
    const [loaded, answered] = [createDeferred<void>(), createDeferred<void>()];
    let state: Body = { loading: [{ model: 'm:latest', fraction: 0.457 }], queue: [] };
    const started = await start({
      '/api/queue': (_, response) => response.end(JSON.stringify({ active: 0, limit: 9, ...state })),
      '/api/generate': async (body, response) => {
        await loaded.promise;
        await loads(body, response);
      },
      '/api/chat': async (body, response) => {
        await answered.promise;
        await words('Here I am.')(body, response);
      },
    });
    await started.terminal.waitFor(/^\S loading model 45%$/);
    state = { loading: [], queue: [{ position: 3, model: 'm:latest' }] };
    loaded.resolve();
    expect(await started.terminal.waitFor(/>>> Send/)).not.toMatch(/loading/);
    await started.terminal.submit('Hello');
    await started.terminal.waitFor(/\n\S waiting, 3rd in line$/);
    answered.resolve();
    expect(await started.terminal.waitFor(/Here I am\.\n\n>>> Send/)).not.toMatch(/waiting/);
  });

  it('shows thinking in grey, and function calls', async () => {
    const call = { function: { name: 'f', arguments: { a: 1 } } };
    const started = await start({
      '/api/chat': says(
        { thinking: 'Hm, ' },
        { thinking: 'yes.' },
        { content: 'Done. ' },
        { tool_calls: [call] },
      ),
    });
    await started.terminal.waitFor(/>>> Send/);
    await started.terminal.submit('Hello');
    await started.terminal.waitFor(
      /Thinking\.\.\.\nHm, yes\.\n\.\.\.done thinking\.\n\nDone\. {3}Model called a non-existent function 'f\(\)' with/,
    );
    expect(await started.terminal.colouredScreen()).toContain('\u001b[90mThinking...');
  });

  it('writes no colours with NO_COLOR', async () => {
    const started = await start(
      { '/api/chat': says({ thinking: 'Hm' }, { content: 'Done.' }) },
      { env: { NO_COLOR: '1' } },
    );
    await started.terminal.waitFor(/>>>/);
    await started.terminal.submit('Hello');
    await started.terminal.waitFor(/Done\./);
    expect(await started.terminal.colouredScreen()).not.toContain('\u001b[90mThinking');
  });

  it('wraps between words in 20 columns, also with wide characters', async () => {
    const text = 'The word 世界 means world, and 漢字漢字漢字漢字漢字 are signs.';
    const started = await start({ '/api/chat': words(text) }, { size: { columns: 20 } });
    await started.terminal.waitFor(/>>>/);
    await started.terminal.submit('Hello');
    const screen = await started.terminal.waitFor(/signs\.\n\n>>>/);
    const answer = screen.slice(screen.indexOf('Hello') + 5, screen.lastIndexOf('>>>')).trim();
    expect(answer.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    expect(answer.split('\n')).toEqual(
      expect.arrayContaining(['The word 世界', 'means world,', expect.stringMatching(/^and 漢字漢字漢?$/)]),
    );
  });

  it('leaves lines unchanged with --nowordwrap', async () => {
    const started = await start({ '/api/chat': words('a '.repeat(39)) }, { args: ['--nowordwrap'] });
    await started.terminal.waitFor(/>>> Send/);
    await started.terminal.submit('Hello');
    await started.terminal.waitFor(/\n(a ){38}a\n/);
  });

  it('replays the conversation that is part of the model', async () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Who are you?' },
      { role: 'assistant', content: 'A fox.' },
    ];
    const started = await start({ '/api/show': shown({ messages }) });
    const screen = await started.terminal.waitFor(/^>>> Who are you\?\nA fox\.\n\n>>> Send/);
    expect(screen).not.toContain('Be kind');
  });

  it('sends images named anywhere in a line, and continues if one cannot be used', async () => {
    const started = await start({ '/api/show': seeing, '/api/chat': words('A cat.') });
    const [cat, fake] = [join(folder, 'cat.png'), join(folder, 'fake.png')];
    await started.terminal.waitFor(/>>> Send/);
    await started.terminal.submit(`${cat} is what?`);
    await started.terminal.waitFor(/Added image '[^']*cat\.png'\nA cat\.\n\n>>> Send/);
    expect(started.server.last('/api/chat')?.messages).toEqual([
      { role: 'user', content: 'is what?', images: [png.toString('base64')] },
    ]);
    await started.terminal.submit(`What is ${fake}`);
    await started.terminal.waitFor(/Couldn't process file: "invalid file type: application\/pdf"\n>>> Send/);
    await started.terminal.submit('/nowhere/cat.txt');
    await started.terminal.waitFor(/Unknown command '\/nowhere\/cat\.txt'\. Type \/\? for help\n>>> Send/);
  });

  it('continues after an error in a setting or from an upstream server, and exits after any other', async () => {
    const errors = ['invalid think value: "x"', 'upstream error: timeout', 'the model broke'];
    const started = await start({
      '/api/chat': (_, response) => refuse(response, 400, errors.shift() ?? ''),
    });
    await started.terminal.waitFor(/>>> Send/);
    await started.terminal.submit('One');
    await started.terminal.waitFor(/error: 400 Bad Request: invalid think value: "x"\n>>> Send/);
    await started.terminal.submit('Two');
    await started.terminal.waitFor(
      /An error occurred while processing your message\. Please try again\.\n\n>>> Send/,
    );
    await started.terminal.submit('Three');
    await started.terminal.waitFor(/Error: 400 Bad Request: the model broke\n\[exit code 1\]$/);
  });

  it('saves the session with all settings and messages', async () => {
    const started = await start({
      '/api/chat': words('A fox.'),
      '/api/create': (_, response) => writeLine(response, { status: 'success' }),
    });
    await started.terminal.waitFor(/>>> Send/);
    await started.terminal.submit('/set system Be brief.');
    await started.terminal.submit('/set parameter seed 7');
    await started.terminal.submit('Who are you?');
    await started.terminal.waitFor(/A fox\.\n\n>>> Send/);
    expect(started.server.last('/api/chat')).toEqual({
      verbose_metrics: true,
      model: 'm',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Who are you?' },
      ],
      options: { seed: 7 },
    });
    await started.terminal.submit('/save fox');
    await started.terminal.waitFor(/Created new model 'fox'\n>>> Send/);
    expect(started.server.last('/api/create')).toEqual({
      model: 'fox',
      from: 'm',
      system: 'Be brief.',
      parameters: { seed: 7 },
      messages: [
        { role: 'user', content: 'Who are you?' },
        { role: 'assistant', content: 'A fox.' },
      ],
    });
    await started.terminal.submit('/save ../x');
    await started.terminal.waitFor(/error: The model name '\.\.\/x' is invalid\n>>> Send/);
    await started.terminal.submit('/clear');
    await started.terminal.waitFor(/Cleared session context\n>>> Send/);
    await started.terminal.submit('Again');
    await started.terminal.waitFor(/Again\nA fox\.\n\n>>> Send/);
    expect(started.server.last('/api/chat')?.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Again' },
    ]);
    await started.terminal.submit('/show modelfile');
    await expect
      .poll(() => started.server.last('/api/show'))
      .toEqual({
        model: 'm',
        system: 'Be brief.',
        options: { seed: 7 },
      });
  });
});
