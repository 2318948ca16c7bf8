/** All scenarios, in the order of the table. */
import type { BenchArguments } from './arguments.ts';
import type { Scenario } from './scenario.ts';
import { cancelledSlot } from './scenarios/cancel.ts';
import { jsonList } from './scenarios/drafting.ts';
import { secondTurn, secondTurnAfterUnload, worstGapDuringPrefill } from './scenarios/interference.ts';
import { serverShare, serverShareOfChats, waitingMemory } from './scenarios/load.ts';
import { cheapRequests, coldLoad, oneToken, residentMemory } from './scenarios/overhead.ts';
import { schemaAgainstFreeText, schemaBound } from './scenarios/schema.ts';
import { parallelStreams, prefill, repetitiveStream, singleStream } from './scenarios/streams.ts';
import { swap } from './scenarios/swap.ts';

/** What a model gets by default, when memory is not short. */
const DEFAULT_SLOTS = 4;

/** Measures the memory of the server last, after all other work. */
function allScenarios(largeModel: string): Scenario[] {
  return [
    singleStream,
    repetitiveStream,
    jsonList,
    prefill,
    parallelStreams('four', { count: 4, goal: '1.25 x' }),
    parallelStreams('eight', { count: 8, goal: '1.45 x' }),
    parallelStreams('sixteen', { count: 16, onlyNamed: true }),
    parallelStreams('sixty-four', { count: 64, onlyNamed: true }),
    worstGapDuringPrefill,
    secondTurn,
    secondTurnAfterUnload,
    coldLoad,
    oneToken,
    cheapRequests,
    cancelledSlot,
    schemaBound(largeModel),
    schemaAgainstFreeText(largeModel),
    swap,
    serverShare,
    serverShareOfChats,
    waitingMemory,
    residentMemory,
  ];
}

/** @throws Error for an unknown name, with all names */
export function chosenScenarios({ only, largeModel }: BenchArguments): Scenario[] {
  const all = allScenarios(largeModel);
  const names = all.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Error(`unknown scenario "${unknown}": the scenarios are ${names.join(', ')}`);
  }
  if (only.length > 0) return all.filter(({ name }) => only.includes(name));
  return all.filter(({ onlyNamed }) => !onlyNamed);
}

/** What a server needs for these scenarios. */
export function needsOf(scenarios: readonly Scenario[]): { slots: number; largeVocabulary: boolean } {
  return {
    slots: Math.max(DEFAULT_SLOTS, ...scenarios.map(({ streams = 0 }) => streams)),
    largeVocabulary: scenarios.some(({ largeVocabulary }) => largeVocabulary),
  };
}
