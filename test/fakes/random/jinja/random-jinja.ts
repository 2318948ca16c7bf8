import { filters, formats, literals, methods, operators, slices, tests, variables } from './words.ts';

/** Jinja templates made at random. Sizes are small unless they are `wild`. */
interface JinjaMaker {
  readonly random: () => number;
  readonly isWild: boolean;
}

const wildExpressions = [
  'range(100000)',
  'range(0, 100000, 3) | list',
  "text | replace('a', text)",
  'text | join(text)',
  'text | indent(100000)',
  'words | join(text * 1)',
  'text ~ text ~ text',
  'rows + rows',
  'text * 1000',
  'rows * 1000',
  'text | tojson | tojson',
  "text.split('a')",
  'text in (text ~ text)',
  'text[::-1]',
  'rows | tojson(indent=1000)',
  "'%100000s' % text",
  "'{:100000}'.format(text)",
  'text.center(100000)',
  'text | list',
  '9 ** 9 ** 5',
  'rows | map(attribute="k") | join(text)',
];

export function randomJinja(maker: JinjaMaker): string {
  return block(maker, 3);
}

/** An expression of every kind, for templates of one tag. */
export function randomExpression(maker: JinjaMaker, depth: number): string {
  return expression(maker, depth);
}

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

function block(maker: JinjaMaker, depth: number): string {
  const length = 1 + Math.floor(maker.random() * 3);
  return Array.from({ length }, () => statement(maker, depth)).join('');
}

/** A tag with one of the signs that control white space. */
function tag(maker: JinjaMaker, content: string): string {
  const sign = () => (maker.random() < 0.8 ? '' : pick(maker.random, ['-', '+']));
  return `{%${sign()} ${content} ${sign()}%}`;
}

const texts = [
  'a',
  ' b\n',
  '\n  ',
  'é😀',
  '  ',
  '\n\n',
  '\t',
  'c\n  ',
  '{# d #}\n',
  '{#- e -#} ',
  '{#+ f +#}\n',
  '{ }',
  '%}',
  '\r\n',
];

function statement(maker: JinjaMaker, depth: number): string {
  const { random, isWild } = maker;
  if (isWild && random() < 0.1)
    return `{% for i in range(16) %}${pick(random, growths)}{% endfor %}{{ ns.a }}`;
  const way = depth === 0 ? random() * 0.6 : random();
  if (way < 0.14) return pick(random, texts);
  if (way < 0.42)
    return `{{${pick(random, ['', '-', ''])} ${expression(maker, 2)} ${pick(random, ['', '-', ''])}}}`;
  if (way < 0.47) return tag(maker, `set x = ${expression(maker, 2)}`);
  if (way < 0.5) return tag(maker, `set x, y = ${expression(maker, 1)}, ${expression(maker, 1)}`);
  if (way < 0.6) return tag(maker, `set ns.a = ${expression(maker, 2)}`);
  if (way < 0.72) return conditional(maker, depth);
  if (way < 0.86) return loop(maker, depth);
  return captured(maker, depth - 1);
}

/** Blocks whose text or scope is apart. */
function captured(maker: JinjaMaker, depth: number): string {
  const { random } = maker;
  const inner = block(maker, depth);
  switch (Math.floor(random() * 8)) {
    case 0:
      return `${tag(maker, 'set x')}${inner}${tag(maker, 'endset')}`;
    case 1:
      return `${tag(maker, `set x | ${pick(random, ['upper', 'trim', "replace('a', 'b')", 'length'])}`)}${inner}${tag(maker, 'endset')}`;
    case 2:
      return `${tag(maker, `filter ${pick(random, ['upper', 'trim | lower', 'indent(2)', 'length'])}`)}${inner}${tag(maker, 'endfilter')}`;
    case 3:
      return `${tag(maker, `with x = ${expression(maker, 1)}, z = x`)}${inner}{{ z }}${tag(maker, 'endwith')}`;
    case 4:
      return `${tag(maker, 'raw')}${pick(random, texts.slice(0, 8))}{{ x }}${tag(maker, 'endraw')}`;
    case 5:
      return `${tag(maker, 'generation')}${inner}${tag(maker, 'endgeneration')}`;
    case 6:
      return macroCall(maker, inner);
    default:
      return macro(maker, inner);
  }
}

function macro(maker: JinjaMaker, inner: string): string {
  const { random } = maker;
  const name = pick(random, ['m', 'n']);
  const more = pick(random, ['', '', '{{ varargs }}', '{{ kwargs }}', '{{ caller is defined }}']);
  const passed = pick(random, [
    '',
    expression(maker, 1),
    `${expression(maker, 1)}, 2`,
    '1, 2, 3',
    'y=1',
    'x=2, z=3',
    '*words',
    '**{"y": 3}',
  ]);
  return `${tag(maker, `macro ${name}(x, y=${pick(random, ['1', 'x', 'number'])})`)}${inner}{{ y }}${more}${tag(maker, 'endmacro')}{{ ${name}(${passed}) }}`;
}

function macroCall(maker: JinjaMaker, inner: string): string {
  const parameters = pick(maker.random, ['', '(y)', '(x, y=2)']);
  return `{% macro c(x) %}[{{ caller(${pick(maker.random, ['', 'x', '1'])}) }}]{% endmacro %}${tag(maker, `call${parameters} c(${expression(maker, 1)})`)}${inner}${tag(maker, 'endcall')}`;
}

function conditional(maker: JinjaMaker, depth: number): string {
  const { random } = maker;
  const middle =
    random() < 0.3 ? `${tag(maker, `elif ${expression(maker, 1)}`)}${block(maker, depth - 1)}` : '';
  const otherwise = random() < 0.5 ? `${tag(maker, 'else')}${block(maker, depth - 1)}` : '';
  return `${tag(maker, `if ${expression(maker, 2)}`)}${block(maker, depth - 1)}${middle}${otherwise}${tag(maker, 'endif')}`;
}

const lists = [
  'words',
  'rows',
  'table',
  'range(3)',
  '[1, 2, 3]',
  'words[::-1]',
  'table.items()',
  'rows if x',
  'words if loop is undefined and x != "a"',
  'missing',
  'text',
  'nested recursive',
  'rows | map(attribute="k")',
  'mixed if x is string',
];
const loopParts = [
  "{{ loop.cycle('p', 'q') }}",
  '{{ loop.changed(x) }}',
  '{{ loop(x) if x is iterable and x is not string else x }}',
  '',
];

function loop(maker: JinjaMaker, depth: number): string {
  const { random, isWild } = maker;
  const list = isWild && random() < 0.3 ? pick(random, ['range(100000)', 'range(12)']) : pick(random, lists);
  const growth = isWild && random() < 0.2 ? pick(random, growths) : '';
  const part = random() < 0.2 ? pick(random, loopParts) : '';
  const jump =
    random() < 0.15
      ? `{% if ${expression(maker, 1)} %}${pick(random, ['{% break %}', 'b{% continue %}'])}{% endif %}`
      : '';
  const name = random() < 0.2 ? 'k, v' : 'x';
  const otherwise = random() < 0.2 ? `${tag(maker, 'else')}${block(maker, depth - 1)}` : '';
  return `${tag(maker, `for ${name} in ${list}`)}${growth}${block(maker, depth - 1)}${part}${jump}${otherwise}${tag(maker, 'endfor')}`;
}

const growths = [
  '{% set ns.a = ns.a ~ ns.a %}',
  '{% set ns.a = [ns.a, ns.a] %}',
  '{% set ns.a = rows + rows %}',
  "{% set ns.a = {'k': ns.a, 'l': ns.a} %}",
  '{% set ns.a = (ns.a, ns.a) %}',
  '{% set ns.a = ns.a * 2 %}',
];

function expression(maker: JinjaMaker, depth: number): string {
  const { random, isWild } = maker;
  if (isWild && random() < 0.1) return pick(random, wildExpressions);
  const way = depth === 0 ? random() * 0.4 : random();
  if (way < 0.24) return pick(random, variables);
  if (way < 0.4) return pick(random, literals);
  const inner = expression(maker, depth - 1);
  if (way < 0.58) return `${inner} | ${pick(random, filters)}`;
  if (way < 0.68) return `(${inner}).${pick(random, methods)}`;
  // jinja2 computes constants before it renders, and then a slice of a number is undefined instead of an error.
  if (way < 0.75) return `(${inner} if number else x)${pick(random, slices)}`;
  if (way < 0.8) return `(${inner} is ${pick(random, ['', '', 'not '])}${pick(random, tests)})`;
  if (way < 0.83) return `(${inner} if ${pick(random, variables)} else ${expression(maker, depth - 1)})`;
  if (way < 0.84) return `(${inner} if ${pick(random, variables)})`;
  if (way < 0.86) return `(${pick(random, ['not ', '-', '+'])}${inner})`;
  if (way < 0.9) return formatted(maker, inner, depth);
  if (way < 0.92) return compound(maker, inner, depth);
  const operator = pick(random, operators);
  if (way < 0.94)
    return `(${inner} ${operator} ${expression(maker, depth - 1)} ${pick(random, operators)} ${pick(random, literals)})`;
  return `(${inner} ${operator} ${expression(maker, depth - 1)})`;
}

function formatted(maker: JinjaMaker, inner: string, depth: number): string {
  const other = expression(maker, depth - 1);
  return `(${pick(maker.random, formats)
    .replace(/\bA\b/g, () => inner)
    .replace(/\bB\b/g, () => other)})`;
}

function compound(maker: JinjaMaker, inner: string, depth: number): string {
  const other = expression(maker, depth - 1);
  return pick(maker.random, [
    `[${inner}, ${other}]`,
    `(${inner}, ${other})`,
    `{'k': ${inner}, 'l': ${other}}`,
    `{(${inner} if number else x): ${other}}`,
    `dict(k=${inner})`,
    `namespace(a=${inner})`,
  ]);
}
