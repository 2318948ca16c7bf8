import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ownProgram, startBackgroundServer } from './background-server.ts';
import { LogonEntry, logonCommand } from './logon-entry.ts';

describe('the command at logon', () => {
  it('is that of the running program', () => {
    const node = 'C:\\Program Files\\nodejs\\node.exe';
    expect(logonCommand(ownProgram(node, 'C:\\npm\\ollama', false))).toBe(
      `"${node}" "C:\\npm\\ollama" autostart run`,
    );
    const oneFile = 'C:\\Users\\Zoë\\AppData\\Local\\Programs\\Ollama\\ollama.exe';
    expect(logonCommand(ownProgram(oneFile, oneFile, true))).toBe(`"${oneFile}" autostart run`);
  });

  it('is refused if it is longer than Windows reads', () => {
    expect(() => logonCommand([`C:\\${'x'.repeat(250)}`])).toThrow('too long');
  });

  it('is written to, found in and removed from the part of the registry that belongs to the user', async () => {
    const calls: string[] = [];
    let isThere = false;
    const entry = new LogonEntry(
      { SystemRoot: 'D:\\Windows' },
      async (program, [action = '', key, ...rest]) => {
        calls.push(`${program} ${action} ${key} ${rest.join(' ')}`);
        if (action === 'query') return isThere ? 0 : 1;
        isThere = action === 'add';
        return 0;
      },
    );
    const reg = 'D:\\Windows\\System32\\reg.exe';
    const key = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run';
    expect(await entry.remove()).toBe(false);
    await entry.write('"C:\\a b\\ollama.exe" autostart run');
    expect(await entry.exists()).toBe(true);
    expect(await entry.remove()).toBe(true);
    expect(await entry.exists()).toBe(false);
    expect(calls.filter((call) => !call.includes(' query '))).toEqual([
      `${reg} add ${key} /v ollama-ts /t REG_SZ /d "C:\\a b\\ollama.exe" autostart run /f`,
      `${reg} delete ${key} /v ollama-ts /f`,
    ]);
  });

  it('fails if the registry cannot be changed', async () => {
    const entry = new LogonEntry({}, async () => 5);
    await expect(entry.write('x')).rejects.toThrow('reg.exe add failed with exit code 5');
    await expect(new LogonEntry({ SystemRoot: '/nowhere' }).exists()).rejects.toThrow('cannot be started');
  });
});

describe('a server without a window', () => {
  async function script(body: string): Promise<{ words: string[]; folder: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'background-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'server.mjs'), body);
    return { words: [process.execPath, join(folder, 'server.mjs')], folder };
  }

  it('is started in the home folder with a log file, and left alone when it answers', async () => {
    const { words, folder } = await script(
      `import { existsSync, renameSync, writeFileSync } from 'node:fs';
       const [, script, command] = process.argv;
       writeFileSync('telling', JSON.stringify([command, process.env.OLLAMA_LOG_FILE]));
       renameSync('telling', 'told');
       setInterval(() => existsSync(script) || process.exit(), 50);`,
    );
    const told = () => readFile(join(folder, 'told'), 'utf8').catch(() => '');
    const answers = async () => (await told()) !== '';
    await startBackgroundServer({ words, environment: { HOME: folder }, logFile: '', answers });
    expect(JSON.parse(await told())).toEqual(['serve', 'server.log']);
  });

  it('is reported when it exits before it answers, or cannot be started', async () => {
    const { words, folder } = await script('process.exit(3)');
    const start = { environment: { HOME: folder }, logFile: '/x.log', answers: async () => false };
    await expect(startBackgroundServer({ ...start, words })).rejects.toThrow(
      'it exited with 3; run "ollama serve"',
    );
    await expect(startBackgroundServer({ ...start, words: ['/no/such/program'] })).rejects.toThrow(
      'cannot be started',
    );
  });
});
