import { describe, expect, it } from 'vitest';
import { OverLimit } from '../base/work-meter.ts';
import { executionMeter } from './limits.ts';
import { GoTemplate } from './template.ts';
import { GoObject, type GoValue } from './value.ts';

/** Without the time limit, which a busy machine would reach before the others. */
const render = (text: string, data: GoValue = new Map()) =>
  GoTemplate.parse(text).execute(
    data,
    executionMeter(() => 0),
  );

describe('GoTemplate', () => {
  it('reports syntax errors with line and column', () => {
    expect(() => GoTemplate.parse('a\nb {{ .x')).toThrow('template: line 2, column 8: unclosed action');
    expect(() => GoTemplate.parse('{{ if .x }}\n{{ nope }}{{ end }}')).toThrow(
      'template: line 2, column 4: function "nope" not defined',
    );
    expect(() => GoTemplate.parse('{{ if .x }}')).toThrow('unexpected end of the template');
  });

  it('reports execution errors with line and column', () => {
    expect(() => render('\n  {{ .a.b }}')).toThrow('template: line 2, column 6: nil pointer');
    expect(() => render('{{ index .a 1 }}')).toThrow('line 1, column 4: error calling index');
  });

  it('reads fields of structs and refuses missing ones', () => {
    const message = new GoObject({ typeName: 'api.Message', fields: new Map([['Role', 'user']]) });
    expect(render('{{ .Role }} {{ . }}', message)).toBe('user {user}');
    expect(() => render('{{ .Roll }}', message)).toThrow("can't evaluate field Roll in type api.Message");
  });

  it('uses the methods of a value to print it, and still ranges over its items', () => {
    const items = new Map([['a', 1]]);
    const value = new GoObject({ typeName: 'Args', items, toText: () => 'text', toJson: () => '{"j":1}' });
    const text =
      '{{ . }} {{ json . }} {{ len . }} {{ .a }} {{ range $k, $v := . }}{{ $k }}={{ $v }}{{ end }} {{ .String }}';
    expect(render(text, value)).toBe('text {"j":1} 1 1 a=1 text');
  });

  it('lists the fields and variables that a template uses', () => {
    const template = GoTemplate.parse(
      '{{ if .A.B }}{{ end }}{{ range $x := $.C }}{{ else }}{{ print (.D) }}{{ end }}{{ define "t" }}{{ .E }}{{ end }}{{ template "t" .F }}',
    );
    expect([...template.fieldNames].sort()).toEqual(['$', 'a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('takes the date from the given clock', () => {
    const now = () => new Date(2026, 2, 1, 12);
    const template = GoTemplate.parse('{{ currentDate }} {{ yesterdayDate }}', { now });
    expect(template.execute(null)).toBe('2026-03-01 2026-02-28');
  });
});

describe('a hostile template', () => {
  const numbers = Array.from({ length: 300 }, (_, index) => index);
  const data = new Map<string, GoValue>([
    ['list', numbers],
    ['text', 'x'.repeat(100_000)],
    ['quotes', '"'.repeat(1_000_000)],
  ]);
  it.each([
    [
      'calls itself endlessly',
      '{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}',
      'templates are nested more than 200 levels deep',
    ],
    [
      'loops for too long',
      '{{ range .list }}{{ range $.list }}{{ range $.list }}{{ end }}{{ end }}{{ end }}',
      'more than 4000000 steps',
    ],
    ['counts too far', '{{ range 9223372036854775807 }}x{{ end }}', 'more than 4000000 steps'],
    [
      'writes too much',
      '{{ range .list }}{{ range $.list }}{{ $.text }}{{ end }}{{ end }}',
      'it makes more than 64 MiB of text',
    ],
    ['nests actions', '{{ if . }}'.repeat(5000), 'too many nested actions'],
    ['nests parentheses', `{{ ${'('.repeat(5000)}`, 'too many nested parentheses'],
    ['chains branches', `{{ if . }}${'{{ else if . }}'.repeat(5000)}{{ end }}`, 'too many nested actions'],
    ['is too long', 'x'.repeat(2 ** 20 + 1), 'it is longer than 1048576 characters'],
    [
      'keeps a doubled and sliced text in variables',
      `{{ $x := .text }}${'{{ $x = printf "%s%s" $x $x }}{{ $y := slice $x 1 }}'.repeat(40)}`,
      'it makes more than 64 MiB of text',
    ],
    [
      'joins one text often',
      `{{ len (print${' .text'.repeat(1000)}) }}`,
      'it makes more than 64 MiB of text',
    ],
    [
      'pads often',
      `{{ len (printf "${'%1000000[1]d'.repeat(1000)}" 1) }}`,
      'it makes more than 64 MiB of text',
    ],
    ['pads each element', '{{ len (printf "%1000000v" .list) }}', 'it makes more than 64 MiB of text'],
    [
      'escapes often',
      '{{ range .list }}{{ range $.list }}{{ $x := js $.quotes }}{{ end }}{{ end }}',
      'more than 4000000 steps',
    ],
    [
      'compares long texts',
      '{{ $x := print .text "" }}{{ range .list }}{{ range $.list }}{{ if eq $x $.text }}{{ end }}{{ end }}{{ end }}',
      'more than 4000000 steps',
    ],
    [
      'orders long texts',
      '{{ range .list }}{{ range $.list }}{{ if lt $.text $.text }}{{ end }}{{ end }}{{ end }}',
      'more than 4000000 steps',
    ],
    [
      'measures a long text',
      '{{ range .list }}{{ range $.list }}{{ if len $.text }}{{ end }}{{ end }}{{ end }}',
      'more than 4000000 steps',
    ],
    [
      'reads a long text byte by byte',
      '{{ range .list }}{{ range $i, $e := $.list }}{{ if index $.text $i }}{{ end }}{{ end }}{{ end }}',
      'more than 4000000 steps',
    ],
    [
      'encodes a list often',
      '{{ range .list }}{{ range $.list }}{{ $x := json $.list }}{{ end }}{{ end }}',
      'more than 4000000 steps',
    ],
    ['has a number without end', `{{ 0x1_${'e'.repeat(500_000)}.1_1p1 }}`, 'bad number'],
  ])('that %s is stopped', { timeout: 60_000 }, (_, text, message) => {
    expect(() => render(text, data)).toThrow(message);
  });

  it('is stopped by a clock, too, and its error has the limit as its cause', () => {
    let time = 0;
    const meter = executionMeter(() => (time += 100));
    const run = () =>
      GoTemplate.parse('{{ range .list }}{{ range $.list }}x{{ end }}{{ end }}').execute(data, meter);
    expect(run).toThrow('it takes longer than 2000 ms');
    expect(run).toThrow(expect.objectContaining({ cause: expect.any(OverLimit) }));
  });

  // Ten minutes and more if the time grew with the square of the size.
  it.each([
    ['variables', Array.from({ length: 60_000 }, (_, index) => `{{$a${index}:=$}}`).join('')],
    [
      'blank definitions',
      `{{define "a"}}${' '.repeat(500_000)}{{$}}{{end}}${'{{define "a"}}{{end}}'.repeat(20_000)}`,
    ],
    ['messages and thinking', `{{range ${'.Messages '.repeat(50_000)}}}${'{{.Role}}'.repeat(50_000)}{{end}}`],
    ['escapes', `{{ "${'\\n'.repeat(500_000)}" }}`],
  ])('with many %s is parsed in time', { timeout: 60_000 }, (_, text) => {
    expect(GoTemplate.parse(text).fieldNames).not.toContain('missing');
  });
});
