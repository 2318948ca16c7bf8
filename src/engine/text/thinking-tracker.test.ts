import { describe, expect, it } from 'vitest';
import { ThinkingTracker } from './thinking-tracker.ts';

const observeAll = (tracker: ThinkingTracker, texts: readonly string[]) =>
  texts.map((text) => {
    tracker.observe(text);
    return tracker.isSpent;
  });

describe('ThinkingTracker', () => {
  it('counts the tokens from one tag to the other, wherever the tokens split the tags', () => {
    const tracker = new ThinkingTracker({ start: '<think>', end: '</think>', startsInside: false });
    observeAll(tracker, ['\n', '<th', 'ink>', ' a', ' b', '</', 'think', '>\n', 'answer', ' </think>']);
    expect(tracker.tokens).toBe(6);
  });

  it('notes when the thinking ended, and nothing without thinking', () => {
    let now = 0;
    const clock = () => ++now;
    const thinking = new ThinkingTracker({ end: '</think>', startsInside: true }, clock);
    observeAll(thinking, ['a', 'b']);
    expect(thinking.endedAt).toBeUndefined();
    observeAll(thinking, ['</think>', 'c', 'd']);
    expect(thinking.endedAt).toBe(1);
    const plain = new ThinkingTracker({ start: '<think>', end: '</think>', startsInside: false }, clock);
    observeAll(plain, ['a', '</think>']);
    expect(plain.endedAt).toBeUndefined();
  });

  it('reports when the budget is used up, but not after the thinking has ended', () => {
    const tracker = new ThinkingTracker({ end: '</think>', startsInside: true, budget: 2 });
    expect(tracker.isSpent).toBe(false);
    expect(observeAll(tracker, ['a', 'b', 'c', '</think>', 'd', 'e'])).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(tracker.tokens).toBe(4);
  });

  it('is used up immediately when the budget is 0', () => {
    expect(new ThinkingTracker({ end: 'x', startsInside: true, budget: 0 }).isSpent).toBe(true);
  });

  it('does not mistake a tag within the answer for the beginning of thinking', () => {
    const tracker = new ThinkingTracker({
      start: '<think>',
      end: '</think>',
      startsInside: false,
      budget: 0,
    });
    expect(observeAll(tracker, ['Write ', '<think>', ' to think'])).toEqual([false, false, false]);
    expect(tracker.tokens).toBe(0);
  });

  it('is used up when it is stopped, before it begins or in the middle, but not after its end', () => {
    const early = new ThinkingTracker({ start: '<think>', end: '</think>', startsInside: false });
    early.stop();
    expect(observeAll(early, ['\n', '<think>', '</think>', 'a'])).toEqual([false, true, false, false]);
    const late = new ThinkingTracker({ end: '</think>', startsInside: true, budget: 100 });
    expect(observeAll(late, ['a', 'b'])).toEqual([false, false]);
    late.stop();
    expect(late.isSpent).toBe(true);
    expect(observeAll(late, ['</think>', 'c'])).toEqual([false, false]);
    late.stop();
    expect(late.isSpent).toBe(false);
  });
});
