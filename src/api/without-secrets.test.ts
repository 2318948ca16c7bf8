import { expect, it } from 'vitest';
import { withoutSecrets } from './without-secrets.ts';

const key = `ok-${'aB3_-'.repeat(8)}abc`;

it.each([
  [`key ${key} and more`, 'key (hidden) and more'],
  [`"${key}"`, '"(hidden)"'],
  ['hf_abcdefghijklmnopqrstuvwx', '(hidden)'],
  ['sk-proj-abcdefghijklmnopqrst', '(hidden)'],
  ['Authorization: Bearer abc.def-123', 'Authorization: (hidden)'],
  ['http://user:pass%20word@proxy.example:8080/x', 'http://(hidden)@proxy.example:8080/x'],
  ['https://cdn.example/blob?X-Signature=abc&y=1 failed', 'https://cdn.example/blob?(hidden) failed'],
  ['http://user:p@ss@proxy.example/x', 'http://(hidden)@proxy.example/x'],
  ['HTTPS://cdn.example/blob?sig=abc', 'HTTPS://cdn.example/blob?(hidden)'],
  ['http://a.example/http://b.example/?sig=abc', 'http://a.example/http://b.example/?(hidden)'],
  ['reader@example.com wrote https://a.example/b', 'reader@example.com wrote https://a.example/b'],
  ['basic facts, a bearer of news, ok-then', 'basic facts, a bearer of news, ok-then'],
])('hides the secrets of %j', (text, expected) => {
  expect(withoutSecrets(text)).toBe(expected);
});

it('takes a time in proportion to the length of the text', () => {
  for (const part of ['//', 'ok-', 'https://', '//a', 'Bearer ']) {
    expect(withoutSecrets(part.repeat(100_000)).length).toBeGreaterThan(0);
  }
});
