/** How the program on Windows' Node, under Wine, survives the end of its processes, and what stays of them. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createModel, patience, post, randomModelBytes } from '../support/server-requests.ts';
import {
  canRunWindows,
  runOnWindows,
  startWindowsServer,
  WindowsFolder,
  type WindowsServer,
} from '../support/wine.ts';

/** The libraries are built if they are not in the cache. */
const PREPARATION_TIMEOUT_MS = 1_800_000;
const engine = join('dist', 'engine', 'main.js').replaceAll('/', '\\');

let folder: WindowsFolder;
let server: WindowsServer;

const generate = () => {
  const options = { num_predict: 4 };
  return post(server, '/api/generate', { model: 'tiny', prompt: 'a', raw: true, stream: false, options });
};

describe.runIf(process.platform === 'linux' && process.arch === 'x64' && canRunWindows())(
  'the processes on Windows',
  () => {
    beforeAll(async () => {
      folder = await WindowsFolder.make();
      server = await startWindowsServer(folder.path);
      await createModel(server, 'tiny', await randomModelBytes());
    }, PREPARATION_TIMEOUT_MS);
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    });

    it('the next request loads the model again after its process was killed', async () => {
      const first = await generate();
      expect(first).toMatchObject({ status: 200, body: { done: true } });
      const [killed] = server.processes(engine);
      expect(killed).toBeDefined();
      process.kill(killed?.pid ?? 0, 'SIGKILL');
      const loaded = async () => (await fetch(`${server.url}/api/ps`)).json();
      await expect.poll(loaded, patience).toEqual({ models: [] });
      expect(await generate()).toMatchObject({ status: 200, body: { done: true } });
      expect(server.processes(engine)).toHaveLength(1);
    });

    it('a second server says that the port is in use', async () => {
      const { status, stderr } = await runOnWindows(['serve'], { folder: folder.path, host: server.host });
      expect(stderr).toContain('address already in use');
      expect(status).toBe(1);
    });

    it('a command without a server says so', async () => {
      const { status, stderr } = await runOnWindows(['list'], { folder: folder.path, host: '127.0.0.1:1' });
      expect(stderr).toContain('ollama serve');
      expect(status).toBe(1);
    });

    it('no process stays when the server is killed', async () => {
      await generate();
      expect(server.processes(engine)).toHaveLength(1);
      server.kill();
      await expect.poll(() => server.processes(), patience).toEqual([]);
    });
  },
);
