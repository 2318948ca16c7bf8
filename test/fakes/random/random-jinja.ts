/** Jinja templates made at random. Sizes are small unless they are `wild`. */
interface JinjaMaker {
  readonly random: () => number;
  readonly isWild: boolean;
}

const variables = [
  'text',
  'words',
  'table',
  'number',
  'nothing',
  'missing',
  'ns.a',
  'rows',
  'true',
  'x',
  'loop.index',
];
const literals = [
  "'a'",
  "''",
  "'a b'",
  '1',
  '0',
  '-1',
  '2.5',
  'none',
  '[1, 2]',
  "['b', 'a']",
  "{'k': 1}",
  '(1, 2)',
];
const filters = [
  'length',
  'upper',
  'lower',
  'title',
  'capitalize',
  'trim',
  'tojson',
  'tojson(indent=2)',
  'tojson(sort_keys=true, separators=("-", "="))',
  'join',
  "join(', ')",
  'sort',
  'sort(reverse=true)',
  "sort(attribute='k')",
  'unique',
  'reverse',
  'first',
  'last',
  'list',
  'string',
  'int',
  'float',
  "default('d')",
  'items',
  'dictsort',
  'indent',
  'indent(2, true)',
  "replace('a', 'bc')",
  "replace('', '-')",
  "replace('a', '', 1)",
  "map(attribute='k')",
  "selectattr('k')",
  "rejectattr('k', 'equalto', 'a')",
  'abs',
];
const methods = [
  'upper()',
  "split('a')",
  'split()',
  "split(' ', 1)",
  "replace('a', 'b')",
  'strip()',
  'title()',
  "startswith('a')",
  "endswith(('a', 'b'))",
  'items()',
  'keys()',
  "get('k', 1)",
  'length',
  'dictsort()',
];
const operators = [
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  '**',
  '~',
  '==',
  '!=',
  '<',
  '>=',
  'and',
  'or',
  'in',
  'not in',
];
const slices = ['[0]', '[-1]', '[1:]', '[::-1]', '[:2]', "['k']", '[number]', '[::2]'];
const tests = ['string', 'none', 'defined', 'mapping', 'number', 'iterable', 'true'];

const wildExpressions = [
  'range(1000000)',
  'range(0, 100000, 3)',
  "text | replace('a', text)",
  'text | join(text)',
  'text | indent(100000)',
  'words | join(text * 1)',
  'text ~ text ~ text',
  'rows + rows',
  'text | tojson | tojson',
  "text.split('a')",
  'text in (text ~ text)',
  'text[::-1]',
  'rows | tojson(indent=1000)',
];

export function randomJinja(maker: JinjaMaker): string {
  return block(maker, 3);
}

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

function block(maker: JinjaMaker, depth: number): string {
  const length = 1 + Math.floor(maker.random() * 3);
  return Array.from({ length }, () => statement(maker, depth)).join('');
}

function statement(maker: JinjaMaker, depth: number): string {
  const { random } = maker;
  const way = depth === 0 ? random() * 0.6 : random();
  if (way < 0.1) return pick(random, ['a', ' b\n', '\n  ', 'é😀']);
  if (way < 0.45) return `{{ ${expression(maker, 2)} }}`;
  if (way < 0.52) return `{% set x = ${expression(maker, 2)} %}`;
  if (way < 0.6) return `{%- set ns.a = ${expression(maker, 2)} -%}`;
  if (way < 0.75) return conditional(maker, depth);
  if (way < 0.92) return loop(maker, depth);
  if (way < 0.96) return `{% set x %}${block(maker, depth - 1)}{% endset %}`;
  const name = pick(random, ['m', 'n']);
  return `{% macro ${name}(x, y=1) %}${block(maker, depth - 1)}{% endmacro %}{{ ${name}(${expression(maker, 1)}) }}`;
}

function conditional(maker: JinjaMaker, depth: number): string {
  const otherwise = maker.random() < 0.5 ? `{% else %}${block(maker, depth - 1)}` : '';
  return `{% if ${expression(maker, 2)} %}${block(maker, depth - 1)}${otherwise}{% endif %}`;
}

function loop(maker: JinjaMaker, depth: number): string {
  const { random, isWild } = maker;
  const lists = [
    'words',
    'rows',
    'table',
    'range(3)',
    '[1, 2, 3]',
    'words[::-1]',
    'table.items()',
    'rows if x',
  ];
  const list = isWild && random() < 0.3 ? pick(random, ['range(100000)', 'range(12)']) : pick(random, lists);
  const growth = isWild && random() < 0.2 ? pick(random, growths) : '';
  const jump = random() < 0.1 ? pick(random, ['{% break %}', '{% continue %}']) : '';
  const name = random() < 0.2 ? 'k, v' : 'x';
  return `{% for ${name} in ${list} %}${growth}${block(maker, depth - 1)}${jump}{% endfor %}`;
}

const growths = [
  '{% set ns.a = ns.a ~ ns.a %}',
  '{% set ns.a = [ns.a, ns.a] %}',
  '{% set ns.a = rows + rows %}',
  "{% set ns.a = {'k': ns.a, 'l': ns.a} %}",
];

function expression(maker: JinjaMaker, depth: number): string {
  const { random, isWild } = maker;
  if (isWild && random() < 0.1) return pick(random, wildExpressions);
  const way = depth === 0 ? random() * 0.4 : random();
  if (way < 0.28) return pick(random, variables);
  if (way < 0.4) return pick(random, literals);
  const inner = expression(maker, depth - 1);
  if (way < 0.6) return `${inner} | ${pick(random, filters)}`;
  if (way < 0.7) return `(${inner}).${pick(random, methods)}`;
  if (way < 0.78) return `(${inner})${pick(random, slices)}`;
  if (way < 0.83) return `(${inner} is ${pick(random, tests)})`;
  if (way < 0.87) return `(${inner} if ${pick(random, variables)} else ${expression(maker, depth - 1)})`;
  return `(${inner} ${pick(random, operators)} ${expression(maker, depth - 1)})`;
}
