import { describe, expect, it } from 'vitest';
import { OllamaError } from '../../base/errors.ts';
import { TimeLimit } from '../../base/time-limit.ts';
import { OverLimit, WorkMeter } from '../../base/work-meter.ts';
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
    expect(render('{% if tools is none %}no{% endif %}{{ True }}', { tools: null })).toBe('noTrue');
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
    const nested = '{% for a in range(90000) %}'.repeat(4) + '{% endfor %}'.repeat(4);
    expect(() => render(nested, {}, 100)).toThrow('chat template failed');
  });
});

describe('a hostile Jinja template', () => {
  /** Without the time limits: nothing but the meter stops these. */
  const renderByCount = (text: string, variables: Record<string, unknown>) => {
    const limits = { steps: 20_000, bytes: 2 ** 20, milliseconds: 1 };
    const createMeter = () => new WorkMeter(limits, () => 0);
    return new JinjaTemplate(text, { timeLimit: new TimeLimit(60_000), createMeter }).render(variables);
  };
  const grown = (growth: string, after: string) =>
    `{% set ns = namespace(x=words) %}{% for i in range(14) %}{% set ns.x = ${growth} %}{% endfor %}${after}`;
  const often = (statement: string) => `{% for i in range(1500) %}${statement}{% endfor %}`;
  const variables = { text: 'a b '.repeat(2500), words: ['a', 'b'], table: { k: 'v' } };

  it.each([
    [
      'doubles a text',
      '{% set ns = namespace(x=text) %}{% for i in range(14) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}',
    ],
    [
      'doubles a block',
      '{% set x = text %}{% for i in range(9) %}{% set x %}{{ x }}{{ x }}{{ x }}{{ x }}{% endset %}{{ x }}{% endfor %}',
    ],
    ['doubles a list', grown('ns.x + ns.x', '')],
    ['shows a list that holds itself twice', grown('[ns.x, ns.x]', '{{ ns.x }}')],
    ['encodes a list that holds itself twice', grown('[ns.x, ns.x]', '{{ ns.x | tojson }}')],
    ['joins a list that holds itself twice', grown('[ns.x, ns.x]', "{{ ns.x | join('') }}")],
    ['adds a list that holds itself twice to a text', grown('[ns.x, ns.x]', "{{ 'a' ~ ns.x }}")],
    [
      'compares two lists that hold themselves twice',
      `{% set other = namespace(x=words[:]) %}{% for i in range(14) %}{% set other.x = [other.x, other.x] %}{% endfor %}${grown('[ns.x, ns.x]', '{{ other.x == ns.x }}')}`,
    ],
    ['has a range of too many numbers', '{{ range(90000) | list | length }}'],
    [
      'has ranges within ranges',
      '{% for a in range(200) %}{% for b in range(200) %}{% endfor %}{% endfor %}',
    ],
    ['joins by a long text', '{{ words * 1 if false else range(200) | join(text) }}'],
    ['replaces by a long text', "{{ text | replace('a', text) }}"],
    ['replaces by a long text with a method', "{{ text.replace('a', text) }}"],
    ['replaces with a method that it keeps', "{% set f = text.replace %}{{ f('', text) }}"],
    ['replaces with a method by a computed name', "{{ text['rep' ~ 'lace']('', text) }}"],
    ['replaces often', often("{% set x = text.replace('a', 'b') %}")],
    ['splits often', often("{% set x = text.split('a') %}")],
    ['splits at white space often', often('{% set x = text.split() %}')],
    ['slices often', often('{% set x = text[::-1] %}')],
    ['indents by a large width', '{{ text | indent(1000000) }}'],
    ['encodes with a large indent', '{{ [[words]] | tojson(indent=100000) }}'],
    ['encodes with long separators', '{{ range(200) | list | tojson(separators=(text, text)) }}'],
    ['changes case often', often('{% if text | upper == text %}{% endif %}')],
    ['compares often', `{% set x = text ~ '' %}${often('{% if x == text %}{% endif %}')}`],
    ['looks for a text often', often("{% if 'c' in text %}{% endif %}")],
    ['looks for a long text', "{% set x = text ~ 'c' ~ text %}{{ x in (text ~ text ~ text) }}"],
    ['sorts often', often('{% set x = range(1000) | sort %}')],
    ['lists a mapping often', often('{% set x = table.items() %}'.repeat(8))],
    ['makes namespaces of long texts', '{{ namespace([text ~ text ~ text]) }}'],
  ])('that %s is stopped', { timeout: 60_000 }, (_, text) => {
    expect(() => renderByCount(text, variables)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^chat template failed: it (?:makes|takes|searches) /),
        cause: expect.any(OverLimit),
      }),
    );
  });

  it('may have much white space', () => {
    const spaces = ' '.repeat(100_000);
    expect(render(`a${spaces}{%- if true -%}${spaces}b{%- endif %}`)).toBe('ab');
  });

  it('cannot make a long error or date', () => {
    expect(() => render('{{ raise_exception(text) }}', variables)).toThrow(/^.{1000,3000}$/);
    expect(render('{{ strftime_now(text) | length }}', variables)).toBe('2000');
  });

  // Ten minutes and more if the time grew with the square of the size.
  it.each([
    ['quotes', `{{ ${'"\\'.repeat(60_000)}`],
    ['comments without an end', '{# '.repeat(80_000)],
    ['spaces before a tag that does not exist', `${`${' '.repeat(900)}x`.repeat(200)}{% elephant %}`],
  ])('with many %s is refused in time', (_, text) => {
    expect(() => render(text, {}, 30_000)).toThrow(OllamaError);
  });
});
