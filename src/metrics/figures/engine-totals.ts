import {
  type CallKind,
  callKinds,
  type EngineFigures,
  figureBounds,
  prefixSources,
} from '../../protocol/engine-figures.ts';
import { Tally } from '../../protocol/tally.ts';

/** The sums of what the children of one model have reported. */
export class EngineTotals {
  readonly callSeconds: Readonly<Record<CallKind, Tally>> = {
    prefill: new Tally(figureBounds.callSeconds),
    decode: new Tally(figureBounds.callSeconds),
    mixed: new Tally(figureBounds.callSeconds),
  };
  readonly callTokens = new Tally(figureBounds.tokens);
  readonly stepTokens = new Tally(figureBounds.tokens);
  readonly intervalSeconds = new Tally(figureBounds.intervalSeconds);
  readonly prefixTokens = { slot: 0, memory: 0, disk: 0, computed: 0 };
  callSequences = 0;
  generatedTokens = 0;
  drafts = 0;
  draftedTokens = 0;
  readonly acceptedAt: number[] = [];
  preemptions = 0;
  /** Tokens that running sequences held at the last report. */
  heldTokens = 0;

  add(figures: EngineFigures): void {
    for (const kind of callKinds) this.callSeconds[kind].add(figures.callSeconds[kind]);
    this.callTokens.add(figures.callTokens);
    this.stepTokens.add(figures.stepTokens);
    this.intervalSeconds.add(figures.intervalSeconds);
    for (const source of prefixSources) this.prefixTokens[source] += figures.prefixTokens[source];
    this.callSequences += figures.callSequences;
    this.generatedTokens += figures.generatedTokens;
    this.drafts += figures.drafts;
    this.draftedTokens += figures.draftedTokens;
    for (const [position, count] of figures.acceptedAt.entries())
      this.acceptedAt[position] = (this.acceptedAt[position] ?? 0) + count;
    this.preemptions += figures.preemptions;
    this.heldTokens = figures.heldTokens;
  }

  /** Number of prompt tokens whose state was reused. */
  get reusedTokens(): number {
    const { slot, memory, disk } = this.prefixTokens;
    return slot + memory + disk;
  }

  get promptTokens(): number {
    return this.reusedTokens + this.prefixTokens.computed;
  }

  get acceptedTokens(): number {
    return this.acceptedAt.reduce((sum, count) => sum + count, 0);
  }
}
