import { expect, it } from 'vitest';
import { DraftRecord } from './draft-record.ts';

const observe = (record: DraftRecord, isRight: boolean, count: number) => {
  for (let index = 0; index < count; index++) record.observe([isRight]);
};

it('follows the share of right tokens', () => {
  const record = new DraftRecord();
  observe(record, false, 50);
  expect(record.acceptance).toBeLessThan(0.05);
  observe(record, true, 50);
  expect(record.acceptance).toBeGreaterThan(0.95);
});

/** Number of tokens until it may draft again. */
function pauseOf(record: DraftRecord): number {
  let tokens = 0;
  for (; record.isPaused; tokens++) record.tick();
  return tokens;
}

it('waits twice as long after each attempt that did not pay, up to a limit, and tries again without prejudice', () => {
  const record = new DraftRecord();
  const first = record.acceptance;
  const pauses = Array.from({ length: 8 }, () => {
    observe(record, false, 20);
    record.pause();
    return pauseOf(record);
  });
  expect(pauses).toEqual([32, 64, 128, 256, 512, 1024, 1024, 1024]);
  expect(record.acceptance).toBe(first);
});

it('waits the shortest time again once drafting is known to pay', () => {
  const record = new DraftRecord();
  for (let attempt = 0; attempt < 3; attempt++) {
    record.pause();
    pauseOf(record);
  }
  record.succeed();
  record.pause();
  expect(pauseOf(record)).toBe(256);
  observe(record, true, 20);
  record.succeed();
  record.pause();
  expect(pauseOf(record)).toBe(32);
});

it('starts a text from what is known of the model', () => {
  const model = new DraftRecord();
  observe(model, true, 50);
  expect(new DraftRecord(model).acceptance).toBe(model.acceptance);
  expect(new DraftRecord(model).isPaused).toBe(false);
  model.pause();
  model.pause();
  expect(pauseOf(new DraftRecord(model))).toBe(128);
});
