import { expect, it } from 'vitest';
import { helpText } from './help.ts';

it('names the key that suspends the program only where something can resume it', () => {
  expect(helpText('shortcuts', false, 'linux')).toMatch(/Ctrl \+ z .*fg/);
  expect(helpText('/shortcut', false, 'win32')).toMatch(/Ctrl \+ c [\s\S]*Ctrl \+ d/);
  expect(helpText('shortcuts', false, 'win32')).not.toContain('Ctrl + z');
});
