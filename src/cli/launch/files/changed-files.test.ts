import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChangedFiles } from './changed-files.ts';
import { jsonChange, wholeFile, yamlChange } from './file-change.ts';

let folder: string;
let backups: string;
let files: ChangedFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changed-files-'));
  backups = join(folder, 'backup', 'agent');
  files = new ChangedFiles(backups);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const setModel = (path: string, model: string) => jsonChange(path, (json) => json.set(['model'], model));

async function userFile(name: string, text: string | Uint8Array, mode = 0o644): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

describe('changed files', () => {
  it('go back byte for byte with their permissions, after any number of launches', async () => {
    const original = '\uFEFF{\r\n\t"model" : "mine", // my choice\r\n}\r\n\r\n';
    const path = await userFile('settings.json', original, 0o664);
    for (const model of ['a', 'b', 'c']) expect(await files.apply([setModel(path, model)])).toEqual([path]);
    expect(await readFile(path, 'utf8')).toBe(original.replace('mine', 'c'));
    expect(await modeOf(path)).toBe(0o664);
    expect(await files.restore()).toEqual([{ path, action: 'restored' }]);
    expect(await readFile(path, 'utf8')).toBe(original);
    expect(await modeOf(path)).toBe(0o664);
    expect(await readdir(backups)).toEqual(['restore.json']);
  });

  it('are removed if they did not exist, with the folders that were created for them', async () => {
    await mkdir(join(folder, 'home'));
    const path = join(folder, 'home', '.agent', 'deep', 'settings.json');
    await files.apply([setModel(path, 'a')]);
    expect(await modeOf(path)).toBe(0o600);
    await files.apply([setModel(path, 'b')]);
    expect(await files.restore()).toEqual([{ path, action: 'removed' }]);
    expect(await readdir(join(folder, 'home'))).toEqual([]);
  });

  it('leave folders that are in use since', async () => {
    const path = join(folder, 'agent', 'deep', 'settings.json');
    await files.apply([setModel(path, 'a')]);
    await writeFile(join(folder, 'agent', 'log.txt'), 'mine');
    await files.restore();
    expect(await readdir(join(folder, 'agent'))).toEqual(['log.txt']);
  });

  it('have private copies', async () => {
    const path = await userFile('settings.json', '{"key": "sk-secret"}', 0o644);
    await files.apply([setModel(path, 'a')]);
    expect(await modeOf(backups)).toBe(0o700);
    const names = await readdir(backups);
    expect(names).toHaveLength(2);
    for (const name of names) expect(await modeOf(join(backups, name))).toBe(0o600);
    expect(await readFile(join(backups, 'restore.json'), 'utf8')).not.toContain('sk-secret');
  });

  it('keep what somebody else changed after a launch, both when launched again and when restored', async () => {
    const path = await userFile('settings.json', '{"model": "mine"}');
    await files.apply([setModel(path, 'a')]);
    await writeFile(path, '{"model": "a", "added": 1}');
    await files.apply([setModel(path, 'b')]);
    expect(await readFile(path, 'utf8')).toBe('{"model": "b", "added": 1}');
    const [copy = ''] = (await readdir(backups)).filter((name) => /^settings\.json\.\d+$/.test(name));
    expect(await readFile(join(backups, copy), 'utf8')).toBe('{"model": "a", "added": 1}');
    await writeFile(path, '{"model": "b", "added": 2}');
    const [restored] = await files.restore();
    expect(restored).toMatchObject({ path, action: 'restored', kept: expect.stringContaining(backups) });
    expect(await readFile(restored?.kept ?? '', 'utf8')).toBe('{"model": "b", "added": 2}');
    expect(await readFile(path, 'utf8')).toBe('{"model": "mine"}');
  });

  it('are all left alone if one of them cannot be parsed; the error names it and quotes nothing', async () => {
    const good = await userFile('good.json', '{"model": "mine"}');
    const bad = await userFile('bad.yaml', 'key: [sk-secret');
    const change = files.apply([
      setModel(good, 'a'),
      yamlChange(bad, (yaml) => void yaml.set(['model'], 'a')),
    ]);
    await expect(change).rejects.toThrow(
      /bad\.yaml was not changed, because it cannot be read: line 1.*correct the file/,
    );
    await expect(change).rejects.not.toThrow('sk-secret');
    expect(await readFile(good, 'utf8')).toBe('{"model": "mine"}');
    expect(await files.restore()).toEqual([]);
  });

  it('must be text', async () => {
    const path = await userFile('settings.json', Buffer.from([0xff, 0xfe, 0x7b]));
    await expect(files.apply([setModel(path, 'a')])).rejects.toThrow('is not UTF-8 text');
  });

  it('may be links: the file behind the link changes, and the link stays', async () => {
    const target = await userFile('dotfiles/settings.json', '{"model": "mine"}');
    const link = join(folder, 'settings.json');
    await symlink(target, link);
    await files.apply([setModel(link, 'a')]);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(target, 'utf8')).toBe('{"model": "a"}');
    await files.restore();
    expect(await readFile(link, 'utf8')).toBe('{"model": "mine"}');
    await rm(target);
    await expect(files.apply([setModel(link, 'a')])).rejects.toThrow(
      'is a link to a file that does not exist',
    );
  });

  it('are not written if they would not change', async () => {
    const path = await userFile('settings.json', '{"model": "a"}');
    expect(await files.apply([setModel(path, 'a')])).toEqual([]);
    expect(await files.restore()).toEqual([]);
  });

  it('may be the whole file of a launch, which another program had written before', async () => {
    const path = await userFile('profile.toml', 'old = true\n');
    await files.apply([wholeFile(path, 'new = true\n')]);
    await files.restore();
    expect(await readFile(path, 'utf8')).toBe('old = true\n');
  });

  it('begin with the text of their seed, which does not change', async () => {
    const seed = await userFile('user.json', '{"skills": ["mine"]}');
    const path = join(folder, 'own', 'settings.json');
    const change = jsonChange(path, (json) => void json.set(['model'], 'a'), { seed });
    await files.apply([change]);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ skills: ['mine'], model: 'a' });
    expect(await readFile(seed, 'utf8')).toBe('{"skills": ["mine"]}');
  });

  it('can be restored after a crash between the record and the write', async () => {
    const path = await userFile('settings.json', '{"model": "mine"}');
    const failing = new ChangedFiles(backups);
    await chmod(folder, 0o555);
    const isRoot = process.getuid?.() === 0;
    const applied = await failing.apply([setModel(path, 'a')]).catch(() => undefined);
    await chmod(folder, 0o755);
    // As root, the write succeeds.
    if (!isRoot) expect(applied).toBeUndefined();
    await files.restore();
    expect(await readFile(path, 'utf8')).toBe('{"model": "mine"}');
  });

  it('refuse a damaged record, and say what to do', async () => {
    await mkdir(backups, { recursive: true });
    await writeFile(join(backups, 'restore.json'), '{"files": [{"path": 1}]}');
    await expect(files.restore()).rejects.toThrow(/restore\.json is damaged: copy the files beside it back/);
  });
});
