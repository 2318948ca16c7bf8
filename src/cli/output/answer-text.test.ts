import { describe, expect, it } from 'vitest';
import { type AnswerPiece, type AnswerStyle, AnswerText } from './answer-text.ts';

function textOf(pieces: readonly AnswerPiece[], style: Partial<AnswerStyle> = {}): string {
  const text = new AnswerText({ hideThinking: false, isTerminal: false, hasColours: false, ...style });
  return pieces.map((piece) => text.next(piece)).join('') + text.end();
}

const thoughtful = [{ thinking: 'Let me' }, { thinking: ' see.' }, { content: 'It is ' }, { content: '4.' }];
const call = { function: { name: 'weather', arguments: { city: 'Rome' } } };

describe('AnswerText', () => {
  it('separates the thinking from the answer', () => {
    expect(textOf(thoughtful)).toBe('Thinking...\nLet me see.\n...done thinking.\n\nIt is 4.');
  });

  it('adds no second line break after thinking that ends with one', () => {
    expect(textOf([{ thinking: 'Hm.\n' }, { content: 'Yes' }])).toBe(
      'Thinking...\nHm.\n...done thinking.\n\nYes',
    );
  });

  it('hides the thinking if requested', () => {
    expect(textOf(thoughtful, { hideThinking: true })).toBe('It is 4.');
  });

  it('shows thinking in grey, and resets the colour when the reply is stopped', () => {
    const style = { isTerminal: true, hasColours: true };
    expect(textOf([{ thinking: 'Hm' }], style)).toBe('\u001b[90mThinking...\nHm\u001b[0m');
    expect(textOf(thoughtful, style)).toContain('thinking.\n\n\u001b[0mIt is 4.');
  });

  it('writes no colours if colours are off', () => {
    expect(textOf([...thoughtful, { toolCalls: [call] }], { isTerminal: true })).not.toContain('\u001b');
  });

  it('removes control characters for a terminal, but not for a pipe', () => {
    const content = 'a\u001b]0;title\u0007\tb\r\n\u009b2J';
    expect(textOf([{ content }], { isTerminal: true })).toBe('a]0;title\tb\n2J');
    expect(textOf([{ content }])).toBe(content);
  });

  it('reports calls of functions', () => {
    const line = '  Model called a non-existent function \'weather()\' with arguments: {"city":"Rome"}';
    expect(textOf([{ toolCalls: [call] }])).toBe(line);
    expect(textOf([{ toolCalls: [call, call] }, { toolCalls: [call] }])).toBe(`${line}\n${line}\n${line}`);
    expect(textOf([{ thinking: 'Hm' }, { toolCalls: [call] }])).toBe(
      `Thinking...\nHm\n...done thinking.\n\n${line}`,
    );
    expect(textOf([{ toolCalls: [call] }], { hasColours: true })).toBe(`\u001b[90m${line}\u001b[0m`);
  });
});
