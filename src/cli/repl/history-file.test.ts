import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { permissionsOf } from '../../../test/fakes/mode-bits.ts';
import { HISTORY_LENGTH, HistoryFile } from './history-file.ts';

let home: string;
let path: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'history-'));
  path = join(home, '.ollama', 'history');
});

afterEach(() => rm(home, { recursive: true }));

describe('HistoryFile', () => {
  it('keeps lines for the next start, readable only by the user', async () => {
    const file = new HistoryFile({ HOME: home });
    expect(await file.load()).toEqual([]);
    await file.save(['one', 'two']);
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
    expect(await permissionsOf(path, 0o600)).toBe(0o600);
    expect(await new HistoryFile({ HOME: home }).load()).toEqual(['one', 'two']);
  });

  it('keeps only the newest lines', async () => {
    const file = new HistoryFile({ HOME: home });
    const lines = Array.from({ length: HISTORY_LENGTH + 5 }, (_, index) => `line ${index}`);
    await file.save(lines);
    expect(await file.load()).toEqual(lines.slice(5));
    await writeFile(path, lines.join('\n\n'));
    expect(await file.load()).toEqual(lines.slice(5));
  });

  it('keeps a text of several lines as one entry, and drops a very long one', async () => {
    const file = new HistoryFile({ HOME: home });
    await file.save(['one\ntwo', 'x'.repeat(20_000), 'three']);
    expect(await file.load()).toEqual(['one\ntwo', 'three']);
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3);
  });

  it('reads only the end of a file that is far too long', async () => {
    const file = new HistoryFile({ HOME: home });
    await file.save(['x']);
    await writeFile(path, `${'x'.repeat(20_000_000)}\r\nlast\r\n`);
    expect((await file.load()).at(-1)).toBe('last');
    expect((await file.load()).join('').length).toBeLessThan(7_000_000);
  });

  it('writes the last of several quick changes last', async () => {
    const file = new HistoryFile({ HOME: home });
    await Promise.all([1, 2, 3, 4, 5].map((count) => file.save([`${count}`])));
    expect(await file.load()).toEqual(['5']);
  });

  it('reports a file that cannot be read or written', async () => {
    await writeFile(join(home, '.ollama'), 'a file where the folder should be');
    const file = new HistoryFile({ HOME: home });
    // Windows says that there is no such file.
    if (process.platform !== 'win32') await expect(file.load()).rejects.toThrow('ENOTDIR');
    await expect(file.save(['x'])).rejects.toThrow();
  });
});
