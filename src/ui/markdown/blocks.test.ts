import { describe, expect, it } from 'vitest';
import { type Block, MarkdownBlocks } from './blocks.ts';

function shape(blocks: readonly Block[]): string[] {
  return blocks.map((block) => {
    if (block.kind === 'code') return `code ${block.language}: ${block.text}`;
    if (block.kind === 'plain') return `plain ${block.text.length}`;
    return block.tokens
      .filter(({ type }) => type !== 'space')
      .map(({ type, raw }) => `${type}: ${raw.trim()}`)
      .join(' + ');
  });
}

const whole = (text: string) => shape(new MarkdownBlocks().update(text, true));

/** The blocks of a text that arrives in pieces of a length. */
function grown(text: string, length: number): string[] {
  const blocks = new MarkdownBlocks();
  for (let end = length; end < text.length; end += length) blocks.update(text.slice(0, end), false);
  return shape(blocks.update(text, true));
}

const sample = [
  '# Title',
  'A paragraph with *emphasis*\nand a second line.',
  '- one\n- two\n\n  of two paragraphs\n- three',
  '```ts\nconst one = 1;\n\nconst two = 2;\n```',
  '| a | b |\n|---|---|\n| 1 | 2 |',
  '$$\nx^2\n$$',
  '> quoted\n> text',
  'The end.',
].join('\n\n');

describe('blocks', () => {
  it('are the parts of a text', () => {
    expect(whole(sample)).toEqual([
      'heading: # Title',
      'paragraph: A paragraph with *emphasis*\nand a second line.',
      'list: - one\n- two\n\n  of two paragraphs\n- three',
      'code ts: const one = 1;\n\nconst two = 2;',
      'table: | a | b |\n|---|---|\n| 1 | 2 |',
      'mathBlock: $$\nx^2\n$$',
      'blockquote: > quoted\n> text',
      'paragraph: The end.',
    ]);
  });

  it.each([1, 2, 3, 7, 20])('are the same when the text arrives in pieces of %d characters', (length) => {
    expect(grown(sample, length)).toEqual(whole(sample));
  });

  it('keep their keys and their identity when the text grows', () => {
    const blocks = new MarkdownBlocks();
    const [first] = blocks.update('One.\n\nTwo', false);
    expect(blocks.update('One.\n\nTwo, and more.\n\nThree', false)[0]).toBe(first);
  });

  it('begin again when another text comes', () => {
    const blocks = new MarkdownBlocks();
    blocks.update('One.\n\nTwo.\n\n', false);
    expect(shape(blocks.update('Other', true))).toEqual(['paragraph: Other']);
  });

  it('go on in the middle of a block after the text had ended', () => {
    const blocks = new MarkdownBlocks();
    blocks.update('One.\n\nTwo and', true);
    expect(shape(blocks.update('One.\n\nTwo and three', false))).toEqual([
      'paragraph: One.',
      'paragraph: Two and three',
    ]);
  });

  it('show begun code before its end is written', () => {
    const blocks = new MarkdownBlocks();
    expect(blocks.update('```js\nlet a', false)).toEqual([
      { kind: 'code', key: 0, text: 'let a', language: 'js', isClosed: false, length: 11 },
    ]);
    expect(blocks.update('```js\nlet a;\n```\n\nSo', false)[0]).toMatchObject({
      text: 'let a;',
      isClosed: true,
    });
  });

  it('take an empty block of code, and one that ends with the text', () => {
    expect(whole('```\n```\nafter')).toEqual(['code : ', 'paragraph: after']);
    expect(whole('~~~\na\n~~~')).toEqual(['code : a']);
    expect(whole('````\n```\n````')).toEqual(['code : ```']);
  });

  it('never leave a part of the text out', () => {
    const text = Array.from(
      { length: 4000 },
      (_, index) => `Line number ${index}\n${index % 3 === 0 ? '\n' : ''}`,
    ).join('');
    const raw = new MarkdownBlocks()
      .update(text, true)
      .map((block) =>
        block.kind === 'tokens' ? block.tokens.map((token) => token.raw).join('') : block.text,
      )
      .join('');
    expect(raw.replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
  });
});

describe('hostile texts', () => {
  const size = 100_000;
  it.each([
    ['quotes in quotes', '> '.repeat(size)],
    ['lists in lists', '- '.repeat(size)],
    ['emphasis without end', '_a'.repeat(size)],
    ['brackets', '['.repeat(size)],
    ['a line without end', 'x'.repeat(size * 5)],
    ['an address without end', `${'a.'.repeat(5000)}@`],
    ['spaces without end', `a${' '.repeat(10_000)}b`],
    [
      'a wide table with many short lines',
      `${'|a'.repeat(400)}|\n${'|-'.repeat(400)}|\n${'|1|\n'.repeat(400)}`,
    ],
  ])('%s stay text', (_, text) => {
    const blocks = new MarkdownBlocks().update(text, true);
    expect(blocks.every(({ kind }) => kind === 'plain')).toBe(true);
    expect(blocks.map((block) => (block.kind === 'plain' ? block.text : '')).join('')).toBe(text);
  });

  it('are parsed in parts of which none has too many lines', () => {
    const text = `- a\n${'b\n'.repeat(9000)}`;
    const blocks = new MarkdownBlocks().update(text, true);
    expect(blocks.length).toBeGreaterThan(5);
    const raw = blocks.flatMap((block) =>
      block.kind === 'tokens' ? block.tokens.map((one) => one.raw) : [],
    );
    expect(raw.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
  });

  it('are plain behind the length that a model writes at once', () => {
    const text = 'a\n\n'.repeat(200_000);
    const blocks = new MarkdownBlocks().update(text, true);
    expect(blocks.at(-1)?.kind).toBe('plain');
    expect(blocks.length).toBeLessThan(20_000);
  });

  it('stay text when they arrive in pieces', () => {
    expect(grown('> '.repeat(2000), 500)[0]).toMatch(/^plain/);
  });

  it('keep HTML as tokens that carry its text', () => {
    expect(whole('<script>alert(1)</script>\n\n<b>x</b>')).toEqual([
      'html: <script>alert(1)</script>',
      'paragraph: <b>x</b>',
    ]);
  });
});
