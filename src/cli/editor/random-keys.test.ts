import { expect, it } from 'vitest';
import { rounds, seedFrom } from '../../../test/scale.ts';
import { emptyEditor } from './editor-state.ts';
import { boundaryFrom } from './graphemes.ts';
import { KeyDecoder } from './key-decoder.ts';
import type { KeyEvent } from './key-event.ts';
import { layout } from './layout.ts';
import { editingPage } from './prompt-page.ts';
import { reduce } from './reducer.ts';

const ROUNDS = rounds({ change: 300, long: 1500, nightly: 50_000 });
const TIMEOUT_MS = rounds({ change: 60_000, long: 300_000, nightly: 1_200_000 });

const pieces = [
  ...Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)),
  ...['a', ' ', '漢', 'e\u0301', '\u0301', '👩', '\u200d', '🇩', '"""', '/set system ', '\u007f', '\u0085'],
  ...['\u001b[A', '\u001b[B', '\u001b[1;5C', '\u001b[3~', '\u001bb', '\u001bd', '\u001by', '\u001b\u007f'],
  ...['\u001b[200~', 'x\r\ny\tz', '\u001b[201~', '\u001b]', '\u001b[999', '\u001bO'],
];

function randomNumbers(start: number): (below: number) => number {
  let seed = start;
  return (below) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
}

/** Joins consecutive text events, whose number depends on how the input was split. */
function joined(events: readonly KeyEvent[]): KeyEvent[] {
  const result: KeyEvent[] = [];
  for (const event of events) {
    const last = result.at(-1);
    if (event.type !== 'text' || last?.type !== 'text') result.push(event);
    else result[result.length - 1] = { type: 'text', text: last.text + event.text };
  }
  return result;
}

it.each([1, 2, 3, 4, 5])(
  'random keys leave a state that can be shown (seed %d)',
  { timeout: TIMEOUT_MS },
  (seed) => {
    const random = randomNumbers(seedFrom(seed));
    const [whole, cut] = [new KeyDecoder(), new KeyDecoder()];
    const isComplete = (text: string) => !text.startsWith('"""');
    let state = emptyEditor(['one', 'two\nlines', '漢字']);
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = Buffer.from(Array.from({ length: 8 }, () => pieces[random(pieces.length)]).join(''));
      const events = [...whole.push(bytes), ...whole.flush()];
      const place = random(bytes.length);
      const apart = [
        ...cut.push(bytes.subarray(0, place)),
        ...cut.push(bytes.subarray(place)),
        ...cut.flush(),
      ];
      expect(joined(apart)).toEqual(joined(events));
      for (const event of events) state = reduce(state, event, isComplete).state;
      expect(state.cursor).toBe(boundaryFrom(state.text, state.cursor));
      const size = { columns: 1 + random(30), rows: 1 + random(10) };
      const { rows, cursor } = layout(editingPage(state, size, isComplete));
      expect(rows.length).toBeLessThanOrEqual(size.rows);
      expect(rows[cursor.row]).toBeDefined();
      expect(cursor.column).toBeLessThan(size.columns);
      for (const row of rows) expect(row.width).toBeLessThanOrEqual(size.columns);
      if (state.text.length > 2000) state = emptyEditor(state.history);
    }
  },
);
