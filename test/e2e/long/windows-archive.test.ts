/** The archive for Windows, unpacked and started under Wine from a folder whose path has letters beyond ASCII. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { ensureWindowsLibraries } from '../../../scripts/windows-libraries.mjs';
import { createModel, post } from '../support/server-requests.ts';
import { canRunWindows, runOnWindows, startWindowsServer, WindowsFolder } from '../support/wine.ts';

/** The libraries are built if they are not in the cache, and Node is fetched. */
const TIMEOUT_MS = 1_800_000;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

describe.runIf(process.platform === 'linux' && process.arch === 'x64' && canRunWindows())(
  'the archive',
  () => {
    it('runs a model with what is in it alone', { timeout: TIMEOUT_MS }, async () => {
      await using folder = await WindowsFolder.make();
      const { libraries } = await ensureWindowsLibraries();
      const words = ['--only', 'windows-amd64', '--windows-libraries', libraries, '--output', folder.path];
      await run(process.execPath, [join(root, 'scripts', 'package.mjs'), ...words]);
      await run('python3', [
        '-m',
        'zipfile',
        '-e',
        join(folder.path, 'ollama-windows-amd64.zip'),
        join(folder.path, 'app'),
      ]);
      const command = [join(folder.path, 'app', 'ollama.exe')];
      // Neither packages beside the checkout nor options of Node.
      const env = { NODE_PATH: '', NODE_OPTIONS: '' };
      await using server = await startWindowsServer(folder.path, { command, env });
      const { host } = server;
      await createModel(server, 'smol', inject('smolModelPath'), { parameters: { temperature: 0 } });
      const { stdout, status } = await runOnWindows(['list'], { folder: folder.path, host, command, env });
      expect(stdout).toContain('smol:latest');
      expect(status).toBe(0);
      const messages = [{ role: 'user', content: 'What is the capital of France?' }];
      const options = { num_predict: 24 };
      const { body } = await post(server, '/api/chat', { model: 'smol', messages, options, stream: false });
      expect(body).toMatchObject({ message: { content: expect.stringContaining('Paris') } });
      expect(server.processes('__engine')).toHaveLength(1);
    });
  },
);
