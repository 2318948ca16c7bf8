import { data, type TemplateCase } from './case.ts';

/** Templates made at random: mostly well formed, some of them broken by cutting a piece out. */
export function generatedCases(count: number, random: () => number): TemplateCase[] {
  return Array.from({ length: count }, (_, index) => {
    const maker = new Maker(random);
    const template = maker.list(3);
    return { template: index % 6 === 5 ? broken(template, random) : template, data };
  });
}

function broken(template: string, random: () => number): string {
  const from = Math.floor(random() * template.length);
  return template.slice(0, from) + template.slice(from + 1 + Math.floor(random() * 4));
}

const texts = ['a', ' b ', '\n', 'x{y}', 'é', '  '];
const fields = [
  '.name',
  '.one',
  '.half',
  '.list',
  '.map',
  '.none',
  '.yes',
  '.nothing',
  '.missing',
  '.nested.inner.deep',
  '.',
  '$',
  '$.numbers',
  '.nested.list',
];
const literals = ['1', '0', '-2', '1.5', '"s"', '""', 'true', 'false', '`r`', "'c'", '0x1f', 'nil'];
const functions: readonly [string, number][] = [
  ['print', 2],
  ['printf "%v-%v"', 2],
  ['printf "%5v|%-4v"', 2],
  ['len', 1],
  ['index', 2],
  ['slice', 2],
  ['not', 1],
  ['and', 2],
  ['or', 3],
  ['eq', 2],
  ['ne', 2],
  ['lt', 2],
  ['ge', 2],
  ['json', 1],
  ['html', 1],
  ['js', 1],
  ['urlquery', 1],
];

class Maker {
  readonly #random: () => number;
  #variables: string[] = [];
  #ranges = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }

  list(depth: number): string {
    const length = 1 + Math.floor(this.#random() * 3);
    return Array.from({ length }, () => this.#statement(depth)).join('');
  }

  #statement(depth: number): string {
    const way = this.#random();
    if (way < 0.25) return this.#pick(texts);
    if (way < 0.55 || depth === 0) return this.#action(this.#pipeline(depth));
    if (way < 0.62) return this.#declaration(depth);
    if (way < 0.66 && this.#ranges > 0) return this.#action(this.#pick(['break', 'continue']));
    return this.#block(depth);
  }

  #action(inner: string): string {
    return this.#pick(['{{', '{{ ', '{{- ']) + inner + this.#pick(['}}', ' }}', ' -}}']);
  }

  #declaration(depth: number): string {
    const pipeline = this.#pipeline(depth);
    if (this.#variables.length > 0 && this.#random() < 0.4)
      return this.#action(`${this.#pick(this.#variables)} = ${pipeline}`);
    const name = `$v${this.#variables.length}`;
    this.#variables.push(name);
    return this.#action(`${name} := ${pipeline}`);
  }

  #block(depth: number): string {
    const kind = this.#pick(['if', 'with', 'range']);
    const known = this.#variables.length;
    let head = this.#pipeline(depth - 1);
    if (kind === 'range' && this.#random() < 0.5) {
      this.#variables.push('$i', '$e');
      head = `$i, $e := ${head}`;
    }
    if (kind === 'range') this.#ranges++;
    const body = this.list(depth - 1);
    if (kind === 'range') this.#ranges--;
    const rest = this.#random() < 0.4 ? `${this.#action('else')}${this.list(depth - 1)}` : '';
    this.#variables.length = known;
    return `${this.#action(`${kind} ${head}`)}${body}${rest}${this.#action('end')}`;
  }

  #pipeline(depth: number): string {
    const first = this.#command(depth);
    return this.#random() < 0.25
      ? `${first} | ${this.#pick(['print', 'len', 'json', 'not', 'printf "<%v>"', 'html'])}`
      : first;
  }

  #command(depth: number): string {
    if (this.#random() < 0.5) return this.#operand(depth);
    const [name, count] = this.#pick(functions);
    return [name, ...Array.from({ length: count }, () => this.#operand(depth))].join(' ');
  }

  #operand(depth: number): string {
    const way = this.#random();
    if (way < 0.15 && depth > 0) return `(${this.#command(depth - 1)})`;
    if (way < 0.25 && this.#variables.length > 0) return this.#pick(this.#variables);
    return way < 0.7 ? this.#pick(fields) : this.#pick(literals);
  }
}
