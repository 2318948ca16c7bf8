import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readPromptFiles } from './prompt-files.ts';

const png = Buffer.from('\u0089PNG\r\n\u001a\n rest', 'latin1');
const wave = Buffer.from('RIFF\u0001\u0002\u0003\u0004WAVEfmt ', 'latin1');

let folder: string;
let notes = '';
const stderr = {
  write: (text: string | Uint8Array) => {
    notes += String(text);
    return true;
  },
};
const read = (text: string) => readPromptFiles(text, stderr);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prompt-files-'));
  await writeFile(join(folder, 'cat.png'), png);
  await writeFile(join(folder, 'my (1) cat.PNG'), png);
  await writeFile(join(folder, 'song.wav'), wave);
  await writeFile(join(folder, 'fake.png'), 'GIF89a....');
  await writeFile(join(folder, 'text.jpg'), 'Just a text.');
  await writeFile(join(folder, 'large.png'), png);
  await truncate(join(folder, 'large.png'), 100 * 1024 * 1024 + 1);
  await mkdir(join(folder, 'folder.png'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  notes = '';
});

describe('files in a prompt', () => {
  it('become part of the message, and their paths are removed from its text', async () => {
    const path = join(folder, 'cat.png');
    expect(await read(`What is ${path}`)).toEqual({ content: 'What is', images: [png.toString('base64')] });
    expect(notes).toBe(`Added image '${path}'\n`);
  });

  it('may be several images and sounds, and may be named twice', async () => {
    const [cat, song] = [join(folder, 'cat.png'), join(folder, 'song.wav')];
    const { content, images } = await read(`'${cat}' and '${song}', or ${cat}?`);
    expect(content).toBe('and , or ?');
    expect(images).toEqual([png.toString('base64'), wave.toString('base64')]);
    expect(notes).toBe(`Added image '${cat}'\nAdded audio '${song}'\n`);
  });

  it('may have spaces and escapes in their names', async () => {
    const path = join(folder, 'my (1) cat.PNG');
    expect((await read(`${join(folder, 'my\\ \\(1\\)\\ cat.PNG')} ?`)).content).toBe('?');
    expect((await read(`'${path}'`)).images).toHaveLength(1);
    expect(notes).toBe(`Added image '${path}'\n`.repeat(2));
  });

  it('are found after text that only looks like a path', async () => {
    const path = join(folder, 'cat.png');
    expect((await read(`yes/no: is ${path} good?`)).content).toBe('yes/no: is  good?');
  });

  it('that do not exist stay in the text', async () => {
    const text = ` see /no/such.png and ${join(folder, 'cat.png', 'below.png')} `;
    expect(await read(text)).toEqual({ content: text, images: [] });
    expect(notes).toBe('');
  });

  it.each([
    ['fake.png', 'invalid file type: image/gif'],
    ['text.jpg', 'invalid file type: text/plain; charset=utf-8'],
    ['large.png', 'file size exceeds maximum limit (100MB)'],
  ])('are refused if they cannot be used: %s', async (name, reason) => {
    await expect(read(`What is ${join(folder, name)}?`)).rejects.toThrow(reason);
    expect(notes).toBe(`Couldn't process file: "${reason}"\n`);
  });

  it('cannot be folders', async () => {
    await expect(read(join(folder, 'folder.png'))).rejects.toThrow('not a file: ');
  });
});
