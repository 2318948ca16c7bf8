import { expect, it } from 'vitest';
import { rounds, seedFrom } from '../../test/scale.ts';
import { type ModelfileCommand, messageRoles, textInstructions } from './modelfile.ts';
import { parseModelfile } from './parse.ts';
import { printModelfile } from './print.ts';

const MODELFILES = rounds({ change: 1000, long: 5000, nightly: 200_000 });
const TIMEOUT_MS = rounds({ change: 20_000, long: 60_000, nightly: 600_000 });

it('quotes only values that cannot be read back without quotes', () => {
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

/** mulberry32, so that a failing case can be repeated with its seed. */
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
  '\u00A0',
  '\u0000',
  '\u{F8FF}',
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

it(`prints text that is read back as the same commands, for ${MODELFILES} random Modelfiles`, {
  timeout: TIMEOUT_MS,
}, () => {
  let fenced = 0;
  for (let seed = 1; seed <= MODELFILES; seed += 1) {
    const random = seededRandom(seedFrom(seed));
    const drawn = Array.from({ length: 4 }, () => randomCommand(random));
    const commands = [{ instruction: 'from' as const, value: 'a' }, ...drawn];
    const text = printModelfile({ commands });
    fenced += text.includes('# ollama-ts: the next value stands between') ? 1 : 0;
    expect(parseModelfile(text).commands, `seed ${seed}: ${JSON.stringify(text)}`).toEqual(commands);
    expect(printModelfile(parseModelfile(text)), `seed ${seed}`).toBe(text);
  }
  expect(fenced).toBeGreaterThan(MODELFILES / 50);
});

it('fences a value that three quotes cannot enclose, and reads a fence only if it is announced', () => {
  const value = 'def f():\n  """Greets."""\n  return 1';
  const text = printModelfile({
    commands: [
      { instruction: 'from', value: 'a' },
      { instruction: 'system', value },
    ],
  });
  expect(text).toBe(
    [
      'FROM a',
      '# ollama-ts: the next value stands between """"',
      'SYSTEM """"def f():',
      '  """Greets."""',
      '  return 1""""',
      '',
    ].join('\n'),
  );
  expect(parseModelfile(text).commands[1]).toEqual({ instruction: 'system', value });
  const commented = text.replace('SYSTEM', '# another comment\nSYSTEM');
  expect(() => parseModelfile(commented)).toThrow('(line 6): command must be one of');
  expect(parseModelfile('FROM a\nSYSTEM """"b""""').commands[1]).toEqual({
    instruction: 'system',
    value: '"b"',
  });
});
