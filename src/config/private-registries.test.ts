import { expect, it } from 'vitest';
import { parsePrivateRegistries } from './private-registries.ts';

it.each([
  ['registry.lan', ['registry.lan']],
  [' registry.lan:5000 , *.corp.example,.other', ['registry.lan:5000', '*.corp.example', '.other']],
  ['10.0.0.0/8,192.168.1.5:5000', ['10.0.0.0/8', '192.168.1.5:5000']],
  ['[fd00::1]:5000,fd00::/8,::1', ['[fd00::1]:5000', 'fd00::/8', '::1']],
  ['*', ['*']],
])('%j', (text, value) => {
  expect(parsePrivateRegistries(text, [])).toEqual({ value });
});

it.each([
  '10.0.0.0/33',
  'fd00::/129',
  'http://registry.lan',
  'registry.lan/path',
  'a b',
  '[registry.lan]',
  '10.0.0.0/',
])('refuses %j', (text) => {
  const { value, warning } = parsePrivateRegistries(`good.lan,${text}`, ['before']);
  expect(value).toEqual(['before']);
  expect(warning).toContain(`"${text}" is not a host such as`);
});

it('refuses a list that is too long', () => {
  const text = Array.from({ length: 300 }, (_, index) => `host${index}`).join(',');
  expect(parsePrivateRegistries(text, [])).toEqual({ value: [], warning: 'more than 256 entries' });
});
