import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LaunchState } from './launch-state.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'launch-state-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = async () => JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));

it('has the form that Ollama reads', async () => {
  const state = await LaunchState.read(folder);
  expect(state.modelsOf('claude')).toEqual([]);
  state.noteModels('claude', ['a', 'b'], false);
  state.noteModels('hermes', ['a'], true);
  state.lastModel = 'a';
  state.lastSelection = 'run';
  await state.save();
  expect(await read()).toEqual({
    integrations: { claude: { models: ['a', 'b'] }, hermes: { models: ['a'], onboarded: true } },
    last_model: 'a',
    last_selection: 'run',
  });
  expect((await stat(join(folder, 'config.json'))).mode & 0o777).toBe(0o600);
});

it('keeps what Ollama and others wrote', async () => {
  const text =
    '{"integrations":{"claude":{"models":["old"],"aliases":{"fast":"x"},"onboarded":true}},"later":{"a":1}}';
  await writeFile(join(folder, 'config.json'), text);
  const state = await LaunchState.read(folder);
  expect(state.modelsOf('claude')).toEqual(['old']);
  state.noteModels('claude', ['new'], false);
  await state.save();
  expect(await read()).toEqual({
    integrations: { claude: { models: ['new'], aliases: { fast: 'x' }, onboarded: true } },
    later: { a: 1 },
  });
});

it('writes nothing if nothing changes', async () => {
  await (await LaunchState.read(folder)).save();
  await expect(stat(join(folder, 'config.json'))).rejects.toThrow('ENOENT');
});

it('moves the file of early versions', async () => {
  await mkdir(join(folder, 'config'));
  await writeFile(join(folder, 'config', 'config.json'), '{"integrations":{"codex":{"models":["m"]}}}');
  expect((await LaunchState.read(folder)).modelsOf('codex')).toEqual(['m']);
  expect(await read()).toEqual({ integrations: { codex: { models: ['m'] } } });
  await expect(stat(join(folder, 'config'))).rejects.toThrow('ENOENT');
});

it('leaves a damaged file of early versions where it is', async () => {
  await mkdir(join(folder, 'config'));
  await writeFile(join(folder, 'config', 'config.json'), '{');
  expect((await LaunchState.read(folder)).modelsOf('codex')).toEqual([]);
  expect(await readFile(join(folder, 'config', 'config.json'), 'utf8')).toBe('{');
});

it('is not overwritten if it cannot be parsed', async () => {
  await writeFile(join(folder, 'config.json'), '[1');
  await expect(LaunchState.read(folder)).rejects.toThrow(/^failed to parse config: line 1.*config\.json/);
  await writeFile(join(folder, 'config.json'), '[]');
  await expect(LaunchState.read(folder)).rejects.toThrow('must be an object');
});
