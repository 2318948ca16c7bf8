/** Random Go templates, well formed or not, on small and large data: each gives a text or an OllamaError within the limits. */
import { describe, expect, it } from 'vitest';
import { data } from '../../test/conformance/go-template/cases/case.ts';
import { generatedCases } from '../../test/conformance/go-template/cases/generated.ts';
import { mutated } from '../../test/fakes/random/mutated.ts';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { OllamaError } from '../base/errors.ts';
import { WorkMeter } from '../base/work-meter.ts';
import { GoTemplate } from './template.ts';
import type { GoValue } from './value.ts';

const PIECES = rounds({ change: 5000, long: 10_000, nightly: 500_000 });
const TEMPLATES = rounds({ change: 500, long: 10_000, nightly: 200_000 });
const TIMEOUT_MS = rounds({ change: 60_000, long: 600_000, nightly: 3_600_000 });
/** For one template, on a busy machine; the meter ends it after some milliseconds. */
const LONGEST_EXECUTION_MS = 10_000;

const limits = { steps: 15_000, bytes: 2 ** 20, milliseconds: Number.POSITIVE_INFINITY };

function goValue(value: unknown): GoValue {
  if (Array.isArray(value)) return value.map(goValue);
  if (typeof value !== 'object' || value === null) return value as GoValue;
  return new Map(Object.entries(value).map(([key, item]) => [key, goValue(item)]));
}

const values = goValue({
  ...data,
  long: 'aé"<\\\n😀'.repeat(5000),
  many: Array.from({ length: 3000 }, (_, index) => ({ Role: `user${index}`, n: index })),
});

describe('random Go templates', () => {
  const seed = seedFrom(3);

  it(`of pieces end with a text or an OllamaError (seed ${seed})`, { timeout: TIMEOUT_MS }, () => {
    const random = seededRandom(seed);
    for (let count = 0; count < PIECES; count++) {
      const length = Math.floor(random() * 15);
      run(Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join(''));
    }
  });

  it(`of any size are stopped within the limits (seed ${seed})`, { timeout: TIMEOUT_MS }, () => {
    const random = seededRandom(seed);
    const stops = new Map<string, number>();
    for (const { template } of generatedCases(TEMPLATES, random)) {
      const enlarged = wild(template, random);
      const message = run(random() < 0.3 ? mutated(enlarged, random) : enlarged);
      const [stop] = /more than \d+ (?:steps|MiB)/.exec(message) ?? [];
      if (stop !== undefined) stops.set(stop, (stops.get(stop) ?? 0) + 1);
    }
    expect(stops.get('more than 15000 steps')).toBeGreaterThan(TEMPLATES / 200);
    expect(stops.get('more than 1 MiB')).toBeGreaterThan(TEMPLATES / 200);
  });
});

/** @returns the error's message; empty without an error */
function run(text: string): string {
  const start = performance.now();
  try {
    expect(typeof GoTemplate.parse(text).execute(values, new WorkMeter(limits))).toBe('string');
    return '';
  } catch (error) {
    expect(error, text).toBeInstanceOf(OllamaError);
    return error instanceof Error ? error.message : '';
  } finally {
    expect(performance.now() - start, text).toBeLessThan(LONGEST_EXECUTION_MS);
  }
}

/** What a small value or function becomes. */
const enlargements: Readonly<Record<string, readonly string[]>> = {
  '.name': ['$.long', '$x'],
  '.text': ['$.long', '$x'],
  '.list': ['$.many'],
  '$.numbers': ['$.many', '100000'],
  'printf "%v-%v"': ['printf "%100000v%[1]q%[1]x"', 'printf "%#q% x"', 'print $x $x'],
  not: ['js', 'urlquery', 'println $x'],
  '"s"': ['$x', '(slice $x 1)', '(json $.many)'],
};
const small = /\.name|\.text|\.list|\$\.numbers|printf "%v-%v"|\bnot\b|"s"/g;
const growths = [
  '{{ $x = print $x $x }}',
  '{{ $x = printf "%s%q" $x $x }}',
  '{{ $x = js $x }}',
  '{{ $x = slice $x 1 }}',
  '{{ if eq $x $.long }}{{ end }}',
];

function wild(template: string, random: () => number): string {
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
  const larger = template.replace(small, (found) =>
    random() < 0.5 ? pick(enlargements[found] ?? []) : found,
  );
  const loop = random() < 0.3 ? `{{ range $.many }}${pick(growths)}${pick(growths)}{{ end }}` : '';
  return `{{ $x := .long }}${loop}${random() < 0.2 ? `{{ range .many }}${larger}{{ end }}` : larger}`;
}

const pieces = [
  '{{',
  '}}',
  '{{-',
  '-}}',
  ' ',
  'if',
  'range',
  'end',
  'else',
  '.',
  '.a',
  '$',
  '$x',
  ':=',
  '=',
  '|',
  '(',
  ')',
  '"s"',
  '`',
  "'",
  '1',
  '-',
  ',',
  'print',
  'define',
  '/*',
  '*/',
  '\n',
  'é',
  '\u0000',
];
