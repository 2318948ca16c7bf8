/**
 * The program on the Windows builds of Node, koffi and llama.cpp, under Wine: what a user does on a day. All paths have spaces and
 * letters beyond ASCII. Wine is not Windows: docs/testing.md says what this proves.
 */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { windowsPath } from '../../../scripts/wine/wine.mjs';
import type { DeviceReport } from '../../../src/protocol/devices.ts';
import { ensureMiniLm } from '../../fakes/models/minilm.ts';
import { createModel, linesOf, patience, post, randomModelBytes, send } from '../support/server-requests.ts';
import {
  canRunWindows,
  runOnWindows,
  startWindowsServer,
  WindowsFolder,
  type WindowsServer,
} from '../support/wine.ts';

/** The libraries are built if they are not in the cache. */
const PREPARATION_TIMEOUT_MS = 1_800_000;

let folder: WindowsFolder;
let server: WindowsServer;

const ollama = async (...args: string[]) => {
  const result = await runOnWindows(args, { folder: folder.path, host: server.host });
  expect(result.stderr).not.toContain('Error');
  expect(result.status).toBe(0);
  return result.stdout;
};
const names = async () => {
  const { models } = (await (await fetch(`${server.url}/api/tags`)).json()) as { models: { name: string }[] };
  return models.map(({ name }) => name).sort();
};
const blobs = () => readdir(join(folder.path, 'models', 'blobs'));

describe.runIf(process.platform === 'linux' && process.arch === 'x64' && canRunWindows())(
  'on Windows',
  () => {
    beforeAll(async () => {
      folder = await WindowsFolder.make();
      server = await startWindowsServer(folder.path);
      await createModel(server, 'smol', inject('smolModelPath'), { parameters: { temperature: 0 } });
    }, PREPARATION_TIMEOUT_MS);
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    });

    it('the libraries pass the self test and list the processor', async () => {
      const script = 'dist/engine/devices-main.js';
      const { stdout, stderr } = await runOnWindows([], { folder: folder.path, script });
      expect((JSON.parse(stdout) as DeviceReport).devices, stderr).toMatchObject([{ id: 'CPU' }]);
    });

    it('a model is created from a Modelfile that names a path of Windows, and answers a prompt', async () => {
      const modelfile = join(folder.path, 'Modelfile');
      const text = `FROM ${windowsPath(inject('smolModelPath'))}\nPARAMETER temperature 0\nPARAMETER num_predict 24\n`;
      await writeFile(modelfile, text);
      await ollama('create', 'mine', '-f', windowsPath(modelfile));
      expect(await ollama('list')).toContain('mine:latest');
      expect(await ollama('show', 'mine', '--modelfile')).toContain('PARAMETER num_predict 24');
      expect(await ollama('run', 'mine', 'What is the capital of France?')).toContain('Paris');
      expect(await ollama('ps')).toMatch(/mine:latest .*100% CPU/);
      await ollama('stop', 'mine');
      await expect.poll(() => ollama('ps'), patience).not.toContain('mine');
    });

    it('a chat is answered whole, and as a stream', async () => {
      const messages = [{ role: 'user', content: 'What is the capital of France? Answer in one word.' }];
      const body = { model: 'smol', messages, options: { num_predict: 16 } };
      const whole = await post(server, '/api/chat', { ...body, stream: false });
      expect(whole).toMatchObject({ status: 200, body: { done: true, message: { role: 'assistant' } } });
      const lines: Record<string, unknown>[] = [];
      for await (const line of linesOf(await send(server, 'POST', '/api/chat', body))) lines.push(line);
      const pieces = lines.map((line) => (line.message as { content: string }).content);
      expect(pieces.length).toBeGreaterThan(2);
      expect(pieces.join('')).toBe((whole.body as { message: { content: string } }).message.content);
      expect(pieces.join('')).toContain('Paris');
      expect(lines.at(-1)).toMatchObject({ done: true });
    });

    it('four requests at once get what each alone gets', async () => {
      const ask = async (prompt: string) => {
        const options = { num_predict: 12 };
        const reply = await post(server, '/api/generate', { model: 'smol', prompt, stream: false, options });
        return (reply.body as { response: string }).response;
      };
      const prompts = ['One, two, three,', 'The sun is', 'Once upon a time', 'Water is made of'];
      const alone: string[] = [];
      for (const prompt of prompts) alone.push(await ask(prompt));
      expect(await Promise.all(prompts.map(ask))).toEqual(alone);
      expect(alone.every((text) => text.length > 0)).toBe(true);
    });

    it('an answer keeps to a JSON schema', async () => {
      const format = { type: 'object', properties: { capital: { type: 'string' } }, required: ['capital'] };
      const prompt = 'The capital of France, as JSON:';
      const reply = await post(server, '/api/generate', { model: 'smol', prompt, format, stream: false });
      expect(typeof JSON.parse((reply.body as { response: string }).response).capital).toBe('string');
    });

    it('texts of one meaning have embeddings that are closer than those of others', async () => {
      await createModel(server, 'minilm', (await ensureMiniLm()).ggufPath);
      const input = [
        'The cat sits on the mat.',
        'A cat is sitting on a rug.',
        'Interest rates rose in March.',
      ];
      const { body } = await post(server, '/api/embed', { model: 'minilm', input });
      const [cat, otherCat, rates] = (body as { embeddings: number[][] }).embeddings;
      const product = (a: number[] = [], b: number[] = []) =>
        a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
      expect(product(cat, cat)).toBeCloseTo(1, 4);
      expect(product(cat, otherCat)).toBeGreaterThan(product(cat, rates) + 0.3);
    });

    it('a model is quantized, and answers', async () => {
      await createModel(server, 'large', await randomModelBytes({ embedding: 256, layers: 2 }));
      const created = await post(server, '/api/create', {
        model: 'small',
        from: 'large',
        quantize: 'q4_K_M',
        stream: false,
      });
      expect(created).toMatchObject({ status: 200, body: { status: 'success' } });
      const shown = await post(server, '/api/show', { model: 'small' });
      expect(shown.body).toMatchObject({ details: { quantization_level: 'Q4_K_M' } });
      const options = { num_predict: 4 };
      const reply = await post(server, '/api/generate', {
        model: 'small',
        prompt: 'a',
        raw: true,
        stream: false,
        options,
      });
      expect(reply).toMatchObject({ status: 200, body: { done: true } });
    });

    it('a model is removed while it is loaded, and its weights with it', async () => {
      await createModel(server, 'brief', await randomModelBytes({ seed: 7 }));
      const before = await blobs();
      const load = await post(server, '/api/generate', { model: 'brief', keep_alive: '10m', stream: false });
      expect(load.status).toBe(200);
      expect(await ollama('ps')).toContain('brief');
      await ollama('rm', 'brief');
      expect(await names()).not.toContain('brief:latest');
      await expect.poll(async () => (await blobs()).length, patience).toBeLessThan(before.length);
      // The same weights can be stored again.
      await createModel(server, 'brief', await randomModelBytes({ seed: 7 }));
      expect(await names()).toContain('brief:latest');
    });
  },
);
