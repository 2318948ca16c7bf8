import { expect, it } from 'vitest';
import { type ModelfileCommand, messageRoles, textInstructions } from './modelfile.ts';
import { parseModelfile } from './parse.ts';
import { printModelfile } from './print.ts';

it('quotes only where a plain value would not read back', () => {
  const commands: ModelfileCommand[] = [
    { instruction: 'from', value: '/models/blobs/sha256-1' },
    { instruction: 'system', value: 'two\nlines' },
    { instruction: 'template', value: 'say "hi"\nnow' },
    { instruction: 'license', value: ' led by a space' },
    { instruction: 'parameter', name: 'stop', value: '"quote"' },
    { instruction: 'parameter', name: 'stop', value: 'User:' },
    { instruction: 'message', role: 'user', value: 'say "hi" now' },
    { instruction: 'message', role: 'assistant', value: '' },
  ];
  expect(printModelfile({ commands })).toBe(
    [
      'FROM /models/blobs/sha256-1',
      'SYSTEM "two',
      'lines"',
      'TEMPLATE """say "hi"',
      'now"""',
      'LICENSE " led by a space"',
      'PARAMETER stop """"quote""""',
      'PARAMETER stop User:',
      'MESSAGE user say "hi" now',
      'MESSAGE assistant ""',
      '',
    ].join('\n'),
  );
});

/** mulberry32, so that a failing case can be run again by its seed. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pieces = [
  'a',
  'B',
  ' ',
  '\t',
  '\n',
  '\r\n',
  '"',
  '""',
  '"""',
  '#',
  '{{ .X }}',
  "'",
  '\\',
  'ü',
  '🦙',
  '\u200C',
];

function randomCommand(random: () => number): ModelfileCommand {
  const pick = <T>(items: readonly [T, ...T[]]): T => items[Math.floor(random() * items.length)] ?? items[0];
  const length = Math.floor(random() * 8);
  const value = Array.from({ length }, () => pick(pieces as [string, ...string[]])).join('');
  const kind = random();
  if (kind < 0.2) return { instruction: 'parameter', name: pick(['stop', 'num_ctx', 'Top_1']), value };
  if (kind < 0.4) return { instruction: 'message', role: pick(messageRoles), value };
  return { instruction: pick(textInstructions), value };
}

/** The grammar has no escapes: a closing quote may not end a line inside a quoted value. */
function canBeWritten(value: string): boolean {
  const innerLines = value.split(/[\r\n]/).slice(0, -1);
  return !innerLines.some((line) => line.trimEnd().endsWith('"""'));
}

it('prints what reads back as the same commands, for 5000 random Modelfiles', () => {
  let tried = 0;
  for (let seed = 1; seed <= 5000; seed += 1) {
    const random = seededRandom(seed);
    const drawn = Array.from({ length: 4 }, () => randomCommand(random));
    const commands = [
      { instruction: 'from' as const, value: 'a' },
      ...drawn.filter((one) => canBeWritten(one.value)),
    ];
    tried += commands.length;
    const text = printModelfile({ commands });
    expect(parseModelfile(text).commands, `seed ${seed}: ${JSON.stringify(text)}`).toEqual(commands);
    expect(printModelfile(parseModelfile(text)), `seed ${seed}`).toBe(text);
  }
  expect(tried).toBeGreaterThan(20_000);
});
