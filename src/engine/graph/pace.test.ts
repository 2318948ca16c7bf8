import { describe, expect, it } from 'vitest';
import { Pace } from './pace.ts';

const work = (kind: string, multiplications: number) => ({ kind, multiplications });

describe('Pace', () => {
  it('guesses a slow machine before the first measurement, so that the first stage is short', () => {
    expect(new Pace().seconds(work('project', 1e9))).toBeGreaterThan(0.1);
  });

  it('predicts the same time for the same work once it is measured, and in proportion for other amounts', () => {
    const pace = new Pace();
    pace.learn([work('project', 1e9)], 0.05);
    expect(pace.seconds(work('project', 1e9))).toBeCloseTo(0.05);
    expect(pace.seconds(work('project', 4e9))).toBeCloseTo(0.2);
  });

  it('takes the rate of the kind measured last for one that was not measured', () => {
    const pace = new Pace();
    pace.learn([work('project', 1e9)], 0.02);
    expect(pace.seconds(work('attend', 1e9))).toBeCloseTo(0.02);
  });

  it('keeps the ratio of two kinds that are measured together', () => {
    const pace = new Pace();
    pace.learn([work('project', 1e9)], 0.1);
    pace.learn([work('attend', 1e9)], 0.3);
    pace.learn([work('project', 1e9), work('attend', 1e9)], 0.8);
    expect(pace.seconds(work('attend', 1e9)) / pace.seconds(work('project', 1e9))).toBeCloseTo(3);
  });

  it('ignores a measurement of nothing', () => {
    const pace = new Pace();
    pace.learn([work('project', 1e9)], 0.1);
    pace.learn([], 5);
    pace.learn([work('project', 1e9)], 0);
    expect(pace.seconds(work('project', 1e9))).toBeCloseTo(0.1);
  });
});
