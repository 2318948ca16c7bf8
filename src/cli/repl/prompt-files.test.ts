import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAX_MEDIUM_BYTES } from '../../api/media-text.ts';
import { noteUnreadFiles, readPromptFiles } from './prompt-files.ts';

const png = Buffer.from('\u0089PNG\r\n\u001a\n rest', 'latin1');
const wave = Buffer.from('RIFF\u0001\u0002\u0003\u0004WAVEfmt ', 'latin1');

let folder: string;
/** Within the current folder, for paths relative to it. */
let nearby: string;
let notes = '';
const stderr = {
  write: (text: string | Uint8Array) => {
    notes += String(text);
    return true;
  },
};
const surroundings = () => ({ stderr, environment: { HOME: folder } });
const read = (text: string) => readPromptFiles(text, surroundings());

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prompt-files-'));
  nearby = await mkdtemp(join('node_modules', 'prompt-files-'));
  await writeFile(join(nearby, 'cat.png'), png);
  await writeFile(join(folder, 'cat.png'), png);
  await writeFile(join(folder, 'my (1) cat.PNG'), png);
  await writeFile(join(folder, 'song.wav'), wave);
  await writeFile(join(folder, 'fake.png'), '%PDF-1.7');
  await writeFile(join(folder, 'small.gif'), 'GIF89a....');
  await writeFile(join(folder, 'speech.mp3'), 'ID3....');
  await writeFile(join(folder, 'speech.FLAC'), 'fLaC....');
  await writeFile(join(folder, 'old.bmp'), 'BM....');
  await writeFile(join(folder, 'text.jpg'), 'Just a text.');
  await writeFile(join(folder, 'large.png'), png);
  await truncate(join(folder, 'large.png'), MAX_MEDIUM_BYTES + 1);
  await writeFile(join(folder, 'most.png'), png);
  await truncate(join(folder, 'most.png'), MAX_MEDIUM_BYTES);
  await mkdir(join(folder, 'folder.png'));
});
afterAll(() => Promise.all([folder, nearby].map((one) => rm(one, { recursive: true }))));
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

  it('may be of every kind that the server reads', async () => {
    const names = ['small.gif', 'old.bmp', 'speech.mp3', 'speech.FLAC'];
    const { images } = await read(names.map((name) => join(folder, name)).join('\n'));
    expect(images).toHaveLength(4);
    expect(notes.match(/Added \w+/g)).toEqual(['Added image', 'Added image', 'Added audio', 'Added audio']);
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
    ['fake.png', 'invalid file type: application/pdf'],
    ['text.jpg', 'invalid file type: text/plain; charset=utf-8'],
    ['large.png', 'the files have more than 48 MiB: send smaller ones'],
  ])('are refused if they cannot be used: %s', async (name, reason) => {
    await expect(read(`What is ${join(folder, name)}?`)).rejects.toThrow(reason);
    expect(notes).toBe(`Couldn't process file: "${reason}"\n`);
  });

  it('are refused if they are too large together', async () => {
    const [cat, most] = [join(folder, 'cat.png'), join(folder, 'most.png')];
    expect((await read(most)).images).toHaveLength(1);
    await expect(read(`'${cat}' '${most}'`)).rejects.toThrow('the files have more than 48 MiB');
  });

  it('may be named from the home folder', async () => {
    expect(await read('"~/my (1) cat.PNG" and ~/cat.png')).toEqual({
      content: 'and',
      images: [png.toString('base64'), png.toString('base64')],
    });
    expect(notes).toContain(`Added image '${join(folder, 'cat.png')}'\n`);
  });

  it('are not read, but noted, if their path has no beginning', async () => {
    const name = join('node_modules', basename(nearby), 'cat.png');
    const text = `What is in ${name}, and in none.png?`;
    expect(await read(text)).toEqual({ content: text, images: [] });
    expect(notes).toBe(`Not added: '${name}'. Write './${name}' to show it to the model.\n`);
  });

  it('cannot be folders', async () => {
    await expect(read(join(folder, 'folder.png'))).rejects.toThrow('not a file: ');
  });
});

it('files that a model of text is not shown are named, and others are not', async () => {
  const path = join(folder, 'cat.png');
  await noteUnreadFiles(`What is '${path}', /no/such.png and ${join(folder, 'folder.png')}?`, surroundings());
  expect(notes).toBe(`The model takes only text: it is not shown '${path}'\n`);
});

it.each([
  ['sees', readPromptFiles],
  ['takes only text', noteUnreadFiles],
])('PDF files are named, and stay in the text of a model that %s', async (_, look) => {
  const path = join(folder, 'a paper.pdf');
  await writeFile(path, '%PDF-1.7');
  const text = `Read '${path}' and /no/such.pdf`;
  const outcome = await look(text, surroundings());
  expect(outcome?.content ?? text).toBe(text);
  expect(notes).toBe(
    `Not added: '${path}'. This command does not read PDF files: send the text, as of pdftotext, or pictures of the pages.\n`,
  );
});
