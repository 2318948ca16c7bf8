import { describe, expect, it } from 'vitest';
import {
  addressOf,
  type CompareSetup,
  emptyColumn,
  emptySetup,
  optionsOf,
  problemOf,
  requestOf,
  setupOf,
} from './setup.ts';

const full: CompareSetup = {
  prompt: 'Why? # & 為什麼 "%20"',
  seed: 42,
  inTurn: true,
  columns: [
    { model: 'a:1b', system: 'Be brief.', options: '{"temperature": 0.5}', think: 'off' },
    { model: 'hf.co/x/y:Q4', system: '', options: '', think: 'high' },
    { ...emptyColumn, model: 'c' },
  ],
};

describe('the address of a comparison', () => {
  it.each([
    ['full', full],
    ['empty', emptySetup],
  ])('gives the %s setup back', (_, setup) => {
    expect(setupOf(addressOf(setup) ?? '')).toEqual(setup);
  });

  it('is absent for a setup that is too long', () => {
    expect(addressOf({ ...full, prompt: 'x'.repeat(70_000) })).toBe(undefined);
  });

  it.each(['', '#', '#main', '#%', '#%7B', '#null', '#[]', `#${'x'.repeat(70_000)}`])(
    '%.20s has no setup',
    (hash) => {
      expect(setupOf(hash)).toBe(undefined);
    },
  );

  it('with options that are nested too deeply has options that cannot run', () => {
    const options = `{"stop":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    expect(optionsOf({ options })).toBeUndefined();
    expect(optionsOf({ options: '{"stop":["["]}' })).toEqual({ stop: ['['] });
  });

  it('with wrong parts gives the rest', () => {
    const wrong = {
      prompt: 7,
      seed: -1,
      inTurn: 'yes',
      columns: [null, { model: 'm', think: 'hard', options: {} }, 1, {}, {}, {}],
    };
    const found = setupOf(`#${encodeURIComponent(JSON.stringify(wrong))}`);
    expect(found).toEqual({
      ...emptySetup,
      columns: [emptyColumn, { ...emptyColumn, model: 'm' }, emptyColumn, emptyColumn],
    });
    expect(setupOf(`#${encodeURIComponent('{"columns": [{"model": "m"}]}')}`)?.columns.length).toBe(2);
  });
});

describe('the request of a column', () => {
  it('has the common prompt and seed, and what the column sets', () => {
    const [first = emptyColumn, second = emptyColumn] = full.columns;
    expect(requestOf(full, first)).toEqual({
      model: 'a:1b',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: full.prompt },
      ],
      options: { seed: 42, temperature: 0.5 },
      think: false,
    });
    expect(requestOf(full, second)).toEqual({
      model: 'hf.co/x/y:Q4',
      messages: [{ role: 'user', content: full.prompt }],
      options: { seed: 42 },
      think: 'high',
    });
  });

  it('lets a column choose another seed', () => {
    expect(requestOf(full, { ...emptyColumn, options: '{"seed": 7}' }).options).toEqual({ seed: 7 });
  });
});

it.each([
  [full, undefined],
  [{ ...full, prompt: ' ' }, { kind: 'prompt' }],
  [
    { ...full, columns: [emptyColumn, emptyColumn] },
    { kind: 'model', column: 0 },
  ],
  [
    {
      ...full,
      columns: [
        { ...emptyColumn, model: 'a' },
        { ...emptyColumn, model: 'b', options: '[1]' },
      ],
    },
    { kind: 'options', column: 1 },
  ],
] as const)('a setup names what it lacks: %#', (setup, problem) => {
  expect(problemOf(setup)).toEqual(problem);
});
