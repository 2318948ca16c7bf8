import { describe, expect, it } from 'vitest';
import { PartsReceived, partFrames } from './bulk.ts';

const MIB = 1024 * 1024;
const counting = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251);

describe('arrays in parts', () => {
  it('arrive as they were sent, in order, in parts of at most a megabyte', () => {
    const arrays = [counting(5), counting(2 * MIB + 3), new Uint8Array(), counting(MIB)];
    const received = new PartsReceived();
    let frames = 0;
    for (const frame of partFrames(arrays)) {
      expect(frame.part.length).toBeLessThanOrEqual(MIB);
      received.add(frame);
      frames++;
    }
    expect(frames).toBe(1 + 3 + 1 + 1);
    const taken = received.take();
    expect(taken.map((array) => Buffer.compare(array, arrays[taken.indexOf(array)] ?? counting(1)))).toEqual([
      0, 0, 0, 0,
    ]);
    expect(received.take()).toEqual([]);
  });

  it('of a task that failed on the way are forgotten', () => {
    const received = new PartsReceived();
    const [first] = partFrames([counting(2 * MIB)]);
    if (first) received.add(first);
    expect(received.take()).toEqual([]);
    for (const frame of partFrames([counting(3)])) received.add(frame);
    expect(received.take()).toEqual([counting(3)]);
  });
});
