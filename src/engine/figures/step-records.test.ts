import { describe, expect, it } from 'vitest';
import { StepRecords } from './step-records.ts';

const DATE = 1_700_000_000_000;

function recording() {
  const clock = { now: 1000 };
  const records = new StepRecords(
    () => clock.now,
    () => DATE + clock.now,
  );
  return { clock, records };
}

function sequence(id: number, more: object = {}) {
  return {
    request: { prompt: [1, 2, 3, 4], run: id + 10 },
    slot: { id, origin: 'memory' as const },
    ...{ cachedTokens: 3, sampledTokens: 0, accepted: 0, isDecoding: false, isAhead: false },
    ...more,
  };
}
const before = { sampledTokens: 0, accepted: 0 };

describe('StepRecords', () => {
  it('puts the steps of a tenth of a second together, with the share of each sequence', () => {
    const { records } = recording();
    records.switch(true);
    const one = sequence(0);
    const other = sequence(1, { isDecoding: true });
    const entries = [
      { sequence: one, tokens: 4 },
      { sequence: other, tokens: 1 },
    ];
    records.called({ entries, startedAt: 1000, milliseconds: 60, tokens: 5 });
    records.advanced({ ...other, sampledTokens: 1 }, before, 0);
    records.called({ entries: entries.slice(1), startedAt: 1070, milliseconds: 20, tokens: 3 });
    records.called({ entries: entries.slice(1), startedAt: 1100, milliseconds: 20, tokens: 1 });
    const { groups } = records.take();
    expect(
      groups.map(({ startedAt, milliseconds, calls, tokens }) => [startedAt, milliseconds, calls, tokens]),
    ).toEqual([
      [DATE + 1000, 90, 2, 8],
      [DATE + 1100, 20, 1, 1],
    ]);
    expect(groups[0]?.shares).toMatchObject([
      { run: 10, slot: 0, prefillMs: 60, decodeMs: 0, prefillTokens: 4, decodeTokens: 0 },
      { run: 11, slot: 1, prefillMs: 0, decodeMs: 80, prefillTokens: 0 },
      { run: 11, decodeTokens: 1 },
    ]);
  });

  it('counts tokens that came without a decode, and what became of drafts', () => {
    const { records } = recording();
    records.switch(true);
    const one = sequence(0, { sampledTokens: 3, accepted: 2 });
    records.advanced(one, before, 5);
    const [group] = records.take().groups;
    expect(group).toMatchObject({ calls: 0, milliseconds: 0 });
    expect(group?.shares).toMatchObject([{ decodeTokens: 3, draftTaken: 2, draftRefused: 3 }]);
  });

  it('says where the prefix of a prompt came from', () => {
    const { records } = recording();
    records.switch(true);
    records.begun(sequence(2));
    const prompt = { run: 12, slot: 2, at: DATE + 1000, tokens: 4, reused: 3, source: 'memory' };
    expect(records.take()).toEqual({ groups: [], prompts: [prompt] });
    expect(records.take()).toEqual({ groups: [], prompts: [] });
  });

  it('records nothing before it is switched on, and forgets everything when it is switched off', () => {
    const { records } = recording();
    const everything = () => {
      const one = sequence(0, { sampledTokens: 1 });
      records.begun(one);
      records.called({ entries: [{ sequence: one, tokens: 1 }], startedAt: 1, milliseconds: 1, tokens: 1 });
      records.advanced(one, before, 0);
    };
    everything();
    expect(records.take()).toEqual({ groups: [], prompts: [] });
    records.switch(true);
    everything();
    records.switch(false);
    expect(records.take()).toEqual({ groups: [], prompts: [] });
  });
});
