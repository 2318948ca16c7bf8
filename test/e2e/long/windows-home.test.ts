/** What is at home on Windows: folders of the user, the start at logon, paths in Modelfiles, and batch files. Under Wine. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { windowsPath } from '../../../scripts/wine/wine.mjs';
import { programStart } from '../../../src/platform/program-call.ts';
import { randomModelBytes } from '../support/server-requests.ts';
import {
  canRunWindows,
  freePort,
  runOnWindows,
  startWindowsServer,
  WindowsFolder,
  type WindowsServer,
} from '../support/wine.ts';

/** The libraries are built if they are not in the cache. */
const PREPARATION_TIMEOUT_MS = 1_800_000;

let folder: WindowsFolder;
let server: WindowsServer;

const ollama = async (host: string, ...args: string[]) => {
  const result = await runOnWindows(args, { folder: folder.path, host });
  expect(result.stderr).not.toContain('Error');
  expect(result.status).toBe(0);
  return result.stdout;
};

describe.runIf(process.platform === 'linux' && process.arch === 'x64' && canRunWindows())(
  'at home on Windows',
  () => {
    beforeAll(async () => {
      folder = await WindowsFolder.make();
      server = await startWindowsServer(folder.path);
    }, PREPARATION_TIMEOUT_MS);
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    });

    it('the start at logon is switched on and off', async () => {
      expect(await ollama(server.host, 'autostart', 'on')).toContain('at each logon');
      try {
        expect(await ollama(server.host, 'autostart')).toBe('on\n');
      } finally {
        expect(await ollama(server.host, 'autostart', 'off')).toContain('no longer');
      }
      expect(await ollama(server.host, 'autostart')).toBe('off\n');
    });

    it('a server without a window answers, and logs where Ollama does', async () => {
      expect(await ollama(server.host, 'autostart', 'run')).toContain('runs already');
      const port = await freePort();
      const log = windowsPath(join(folder.path, 'profile', 'AppData', 'Local', 'Ollama', 'server.log'));
      expect(await ollama(`127.0.0.1:${port}`, 'autostart', 'run')).toBe(
        `the server runs at http://127.0.0.1:${port}, and logs to ${log}\n`,
      );
      expect(await ollama(server.host, 'logs')).toContain(`http://127.0.0.1:${port}`);
    });

    it.each([
      ['home', '~\\models\\日本.gguf'],
      ['relative', '.\\日本.gguf'],
      ['slashes', ''],
    ])('a model is created from a file that a Modelfile names: %s', async (name, from) => {
      const models = join(folder.path, 'profile', 'models');
      await mkdir(models, { recursive: true });
      await writeFile(join(models, '日本.gguf'), await randomModelBytes());
      const path = from || windowsPath(join(models, '日本.gguf')).replaceAll('\\', '/');
      await writeFile(join(models, 'Modelfile'), `FROM ${path}\r\nSYSTEM Be brief.\r\n`);
      await ollama(server.host, 'create', name, '-f', windowsPath(join(models, 'Modelfile')));
      expect(await ollama(server.host, 'show', name, '--system')).toBe('Be brief.');
      expect(await ollama(server.host, '__complete', 'run', ':nothing')).toContain(`${name}:latest\n`);
    });

    it('a batch file gets its arguments as they are', async () => {
      const told = join(folder.path, 'told.json');
      const script = join(folder.path, 'tell.cjs');
      await writeFile(
        script,
        "require('fs').writeFileSync(process.argv[2], JSON.stringify(process.argv.slice(3)))",
      );
      const batch = join(folder.path, 'tell.cmd');
      await writeFile(batch, '@echo off\r\nnode.exe %*\r\n');
      const args = ['a b', 'say "hi"', 'a&b|c<d>e^f', 'C:\\my dir\\', '', '!x!', '(y)', 'Zoë 日本', 'a:b@c'];
      const words = [windowsPath(script), windowsPath(told), ...args];
      const start = programStart(windowsPath(batch), words, 'win32', { ComSpec: 'cmd.exe' });
      await writeFile(
        join(folder.path, 'start.cjs'),
        `const { dirname } = require('path');
         process.env.PATH = dirname(process.execPath) + ';' + process.env.PATH;
         const { program, args, ...options } = ${JSON.stringify(start)};
         process.exitCode = require('child_process').spawnSync(program, args, options).status;`,
      );
      const result = await runOnWindows([], { folder: folder.path, script: join(folder.path, 'start.cjs') });
      expect(result).toMatchObject({ status: 0, stderr: '' });
      expect(JSON.parse(await readFile(told, 'utf8'))).toEqual(args);
    });
  },
);
