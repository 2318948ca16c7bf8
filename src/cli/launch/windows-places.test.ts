import { expect, it } from 'vitest';
import { isAbsent, type LaunchSetup } from './integration.ts';
import { findIntegration, integrations } from './integration-table.ts';
import { findProgram } from './program/find-program.ts';

const home = 'C:\\Users\\Zoë';
const environment = {
  PATH: 'C:\\Windows\\System32;C:\\Program Files\\nodejs',
  APPDATA: `${home}\\AppData\\Roaming`,
  LOCALAPPDATA: 'D:\\Local',
};

function find(name: string, ...programs: string[]): string {
  const integration = findIntegration(name);
  if (isAbsent(integration)) throw new Error(`${name} cannot be launched`);
  const isProgram = (path: string) => programs.includes(path);
  return findProgram(integration, { home, environment, platform: 'win32', isProgram });
}

it.each([
  ['codex', 'C:\\Program Files\\nodejs\\codex.cmd'],
  ['claude', `${home}\\.local\\bin\\claude.exe`],
  ['opencode', `${home}\\.opencode\\bin\\opencode.exe`],
  ['kimi', `${home}\\AppData\\Roaming\\uv\\bin\\kimi.exe`],
  ['qwen', `${home}\\AppData\\Roaming\\npm\\qwen.cmd`],
  ['vscode', 'D:\\Local\\Programs\\Microsoft VS Code\\bin\\code.cmd'],
  ['hermes', 'D:\\Local\\hermes\\hermes-agent\\venv\\Scripts\\hermes.exe'],
])('finds %s where its installer puts it on Windows', (name, path) => {
  expect(find(name, path)).toBe(path);
});

it('says how to install a program that is missing', () => {
  expect(() => find('codex')).toThrow(/codex is not installed, install it with: npm install -g/);
});

/** The files that a launch on Windows would change. The paths have slashes, because this machine joins them. */
async function filesOf(name: string, setup: Partial<LaunchSetup> = {}): Promise<string[]> {
  const integration = findIntegration(name);
  if (isAbsent(integration)) return [];
  const model = {
    name: 'qwen3',
    hasTools: true,
    hasVision: false,
    hasThinking: false,
    family: 'qwen3',
    contextLength: 40_960,
  };
  const { files = [] } = await integration.plan({
    model,
    models: [model],
    host: 'http://127.0.0.1:11434',
    args: [],
    home: '/home',
    environment: {},
    platform: 'win32',
    ...setup,
  });
  return files.map(({ path }) => path);
}

it.each([
  ['vscode', '/home/AppData/Roaming/Code/User/chatLanguageModels.json'],
  ['hermes', '\\home\\AppData\\Local/hermes/config.yaml'],
  ['codex', '/home/.codex/config.toml'],
])('changes the settings of %s where it reads them on Windows', async (name, path) => {
  expect(await filesOf(name)).toContain(path);
});

it('follows the folders of Windows and of the programs', async () => {
  const environment = { APPDATA: '/roaming', LOCALAPPDATA: '/local' };
  expect(await filesOf('vscode', { environment })).toEqual(['/roaming/Code/User/chatLanguageModels.json']);
  expect(await filesOf('hermes', { environment })).toEqual(['/local/hermes/config.yaml']);
  const named = { ...environment, HERMES_HOME: '/mine' };
  expect(await filesOf('hermes', { environment: named })).toEqual(['/mine/config.yaml']);
});

it('keeps places of Windows out of other systems, whose environment lacks the variables', () => {
  for (const integration of integrations) {
    if (isAbsent(integration)) continue;
    const asked: string[] = [];
    const isProgram = (path: string) => asked.push(path) < 0;
    expect(() =>
      findProgram(integration, { home: '/home/me', environment: {}, platform: 'linux', isProgram }),
    ).toThrow('is not installed');
    for (const path of asked) expect(path).not.toContain('%');
  }
});
