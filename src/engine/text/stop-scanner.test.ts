import { describe, expect, it } from 'vitest';
import { StopScanner } from './stop-scanner.ts';

function scan(stops: string[], pieces: string[]): { text: string; stopped: boolean } {
  const scanner = new StopScanner(stops);
  let text = '';
  for (const piece of pieces) {
    const result = scanner.push(piece);
    text += result.text;
    if (result.stopped) return { text, stopped: true };
  }
  return { text: text + scanner.flush(), stopped: false };
}

describe('StopScanner', () => {
  it('finds a stop string wherever the tokens split the text', () => {
    const text = 'one two<|end|>three';
    for (let cut = 1; cut < text.length; cut++) {
      for (let second = cut; second < text.length; second++) {
        const pieces = [text.slice(0, cut), text.slice(cut, second), text.slice(second)];
        expect(scan(['<|end|>', 'nowhere'], pieces)).toEqual({ text: 'one two', stopped: true });
      }
    }
  });

  it('loses no text when the start of a stop string turns out not to be one', () => {
    expect(scan(['<|end|>'], ['a<|e', 'nough', '<', '|en'])).toEqual({
      text: 'a<|enough<|en',
      stopped: false,
    });
  });

  it('finds the earliest of several stop strings', () => {
    expect(scan(['three', 'two'], ['one two three'])).toEqual({ text: 'one ', stopped: true });
  });

  it('reports which stop string it found, the longest of those that begin at one place', () => {
    const scanner = new StopScanner(['<|end', '<|end|>', 'x']);
    expect(scanner.found).toBeUndefined();
    scanner.push('one<|end|>x');
    expect(scanner.found).toBe('<|end|>');
  });

  it('delivers text immediately when it cannot begin a stop string', () => {
    const scanner = new StopScanner(['END']);
    expect(scanner.push('hello')).toEqual({ text: 'hello', stopped: false });
    expect(scanner.push('E')).toEqual({ text: '', stopped: false });
    expect(scanner.push('x')).toEqual({ text: 'Ex', stopped: false });
  });

  it('ignores empty stop strings', () => {
    expect(scan([''], ['a', 'b'])).toEqual({ text: 'ab', stopped: false });
  });
});
