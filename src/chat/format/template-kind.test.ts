import { expect, it } from 'vitest';
import { isJinja } from './template-kind.ts';

it.each([
  ['{% for m in messages %}{{ m.content }}{% endfor %}', true],
  ['{{- bos_token }}', true],
  ['{{ messages[0].content }}', true],
  ['{{ .Prompt }}', false],
  ['{{- if .System }}{% {{ end }}', false],
  ['{% {{ range $m := $.Messages }}x{{ end }}', false],
  ['plain text', false],
  ['', false],
])('is Jinja: %s -> %s', (text, expected) => {
  expect(isJinja(text)).toBe(expected);
});
