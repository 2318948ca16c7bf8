import { expect, it } from 'vitest';
import type { ColumnResult } from './column-result.ts';
import { jsonExport, markdownExport } from './export.ts';
import { type CompareSetup, emptyColumn } from './setup.ts';

const setup: CompareSetup = {
  prompt: 'Write a fence:\n```js\n```',
  seed: 3,
  inTurn: false,
  columns: [
    { model: 'a', system: 'Be brief.', options: '{"temperature": 0}', think: 'off' },
    { ...emptyColumn, model: 'b\n# not a heading' },
  ],
};
const results: (ColumnResult | undefined)[] = [
  {
    state: 'done',
    text: '````\n# not a heading\n````',
    thinking: '',
    firstToken: 12_345_678,
    figures: { promptTokens: 5, tokens: 30, tokensPerSecond: 15.25, total: 3e9, reason: 'stop' },
  },
  undefined,
];

it('JSON has the setup and what was measured', () => {
  expect(JSON.parse(jsonExport(setup, results))).toEqual({
    prompt: setup.prompt,
    seed: 3,
    in_turn: false,
    columns: [
      {
        model: 'a',
        system: 'Be brief.',
        options: { seed: 3, temperature: 0 },
        think: 'off',
        result: {
          state: 'done',
          content: results[0]?.text,
          first_token_ns: 12_345_678,
          prompt_eval_count: 5,
          eval_count: 30,
          tokens_per_second: 15.25,
          total_duration: 3e9,
          done_reason: 'stop',
        },
      },
      { model: 'b\n# not a heading', options: { seed: 3 }, result: null },
    ],
  });
});

it('Markdown keeps texts inside fences, whatever they contain', () => {
  const text = markdownExport(setup, results);
  expect(text.split('\n').filter((line) => line.startsWith('## '))).toEqual([
    '## 1. a',
    '## 2. b # not a heading',
  ]);
  expect(text).toContain('`````text\n````\n# not a heading\n````\n`````');
  expect(text).toContain('- time to first token: 12 ms\n- tokens per second: 15.3\n- tokens: 30');
});
