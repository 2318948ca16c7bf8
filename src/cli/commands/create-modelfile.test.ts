import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readModelfile } from './create-modelfile.ts';

let folder: string;
const noInput = Readable.from([]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-modelfile-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('reads a file, with its folder as the base of paths, and standard input', async () => {
  await writeFile(join(folder, 'Modelfile'), 'FROM x');
  const source = await readModelfile(join(folder, 'Modelfile'), noInput);
  expect({ text: String(source.bytes), folder: source.folder }).toEqual({ text: 'FROM x', folder });
  const piped = await readModelfile('-', Readable.from([Buffer.from('FROM '), Buffer.from('y')]));
  expect({ text: String(piped.bytes), folder: piped.folder }).toEqual({
    text: 'FROM y',
    folder: process.cwd(),
  });
});

it('explains why other sources are refused', async () => {
  await expect(readModelfile(join(folder, 'none'), noInput)).rejects.toThrow(
    /none does not exist: create it, or name another Modelfile with -f/,
  );
  await expect(readModelfile(folder, noInput)).rejects.toThrow(
    `${folder} is a folder: name the Modelfile in it`,
  );
  const weights = Readable.from(Array<Buffer>(17).fill(Buffer.alloc(1024 * 1024)));
  await expect(readModelfile('-', weights)).rejects.toThrow('standard input is larger than 16 MiB');
});

it('without a Modelfile stands for the model in the current folder, if there is one', async () => {
  const before = process.cwd();
  const empty = await mkdtemp(join(folder, 'empty-'));
  try {
    process.chdir(empty);
    await expect(readModelfile(undefined, noInput)).rejects.toThrow('Modelfile does not exist: create it');
    await writeFile('model.safetensors', 'x');
    expect(String((await readModelfile(undefined, noInput)).bytes)).toBe('FROM .\n');
    await writeFile('Modelfile', 'FROM z');
    expect(String((await readModelfile(undefined, noInput)).bytes)).toBe('FROM z');
  } finally {
    process.chdir(before);
  }
});
