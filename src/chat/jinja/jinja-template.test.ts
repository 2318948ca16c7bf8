import { describe, expect, it } from 'vitest';
import { OllamaError } from '../../base/errors.ts';
import { TimeLimit } from '../../base/time-limit.ts';
import { JinjaTemplate } from './jinja-template.ts';

const render = (text: string, variables: Record<string, unknown> = {}, limitMs = 2000) =>
  new JinjaTemplate(text, {
    timeLimit: new TimeLimit(limitMs),
    now: () => new Date(2026, 2, 7, 15, 4, 5),
  }).render(variables);

describe('JinjaTemplate', () => {
  it('provides the functions that chat templates use', () => {
    expect(render("{{ strftime_now('%d %b %Y %-d %B %H:%M %%') }}")).toBe('07 Mar 2026 7 March 15:04 %');
    expect(render('{% for i in range(2, 8, 3) %}{{ i }},{% endfor %}{{ range(2) | length }}')).toBe('2,5,2');
    expect(render('{% if tools is none %}no{% endif %}{{ True }}', { tools: null })).toBe('notrue');
  });

  it('reports the refusal of a template as an error of the request', () => {
    const refused = expect(() => render("{{ raise_exception('roles must alternate') }}"));
    refused.toThrow(
      expect.objectContaining({ status: 400, message: expect.stringContaining('roles must alternate') }),
    );
  });

  it.each([
    '{% if %}',
    '{{ "a" ',
    '{% for x in y %}',
    '{{ 1 + }}',
    '{{ range(1000000000000) }}',
    '{{ x() }}',
  ])('throws an error for a broken template: %s', (text) => {
    expect(() => render(text)).toThrow(OllamaError);
  });

  it('refuses a template that is nested too deeply for the parser', () => {
    expect(() => render(`{{ ${'('.repeat(100_000)} }}`)).toThrow(OllamaError);
  });

  it('interrupts a template that loops', () => {
    const nested = '{% for a in range(900000) %}'.repeat(4) + '{% endfor %}'.repeat(4);
    const start = performance.now();
    expect(() => render(nested, {}, 100)).toThrow('chat template failed');
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
