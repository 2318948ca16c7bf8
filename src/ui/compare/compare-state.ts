/** The comparison of this page: it goes on while other pages are open. */
import { batch, computed, signal } from '@preact/signals';
import { streamAnswer } from '../answers/stream-answer.ts';
import { ApiError } from '../api/http.ts';
import { type ColumnResult, ended, waitingResult, withChunk } from './column-result.ts';
import {
  addressOf,
  type ColumnSetup,
  type CompareSetup,
  emptyColumn,
  emptySetup,
  requestOf,
  setupOf,
} from './setup.ts';

const NANOSECONDS_PER_MILLISECOND = 1e6;

export const setup = signal<CompareSetup>(emptySetup);
/** One for each column of the setup that ran; they stay until the next run. */
export const results = signal<readonly (ColumnResult | undefined)[]>([]);
/** What the results were made with. */
export const ranSetup = signal<CompareSetup | undefined>(undefined);
/** Whether the address keeps the setup. */
export const isInAddress = signal(true);

/** By column. */
const running = signal<ReadonlyMap<number, AbortController>>(new Map());
export const isRunning = computed(() => running.value.size > 0);

/** Takes the setup of the address, if there is one and it is not this one already. */
export function readAddress(): void {
  const found = setupOf(location.hash);
  if (found && addressOf(found) !== addressOf(setup.peek())) setup.value = found;
  else writeAddress();
}

function writeAddress(): void {
  const address = addressOf(setup.peek());
  isInAddress.value = address !== undefined;
  const isEmpty = setup.peek() === emptySetup;
  history.replaceState(null, '', location.pathname + location.search + (isEmpty ? '' : (address ?? '')));
}

export function changeSetup(change: Partial<CompareSetup>): void {
  setup.value = { ...setup.peek(), ...change };
  writeAddress();
}

export function changeColumn(index: number, change: Partial<ColumnSetup>): void {
  const columns = setup
    .peek()
    .columns.map((column, at) => (at === index ? { ...column, ...change } : column));
  changeSetup({ columns });
}

/** Adds a column that differs in nothing from the last one. */
export function addColumn(): void {
  const { columns } = setup.peek();
  changeSetup({ columns: [...columns, columns.at(-1) ?? emptyColumn] });
}

export function removeColumn(index: number): void {
  const without = <Item>(items: readonly Item[]) => items.filter((_, at) => at !== index);
  batch(() => {
    changeSetup({ columns: without(setup.peek().columns) });
    results.value = without(results.peek());
    const ran = ranSetup.peek();
    if (ran) ranSetup.value = { ...ran, columns: without(ran.columns) };
  });
}

function setResult(index: number, change: (result: ColumnResult) => ColumnResult): void {
  results.value = results
    .peek()
    .map((result, at) => (at === index ? change(result ?? waitingResult) : result));
}

/** Runs all columns. */
export async function runAll(): Promise<void> {
  const ran = setup.peek();
  const stops = new Map(ran.columns.map((_, index) => [index, new AbortController()]));
  batch(() => {
    ranSetup.value = ran;
    results.value = ran.columns.map(() => waitingResult);
    running.value = stops;
  });
  const runs = [...stops].map(
    ([index, stop]) =>
      () =>
        runColumn(ran, index, stop),
  );
  if (ran.inTurn) for (const run of runs) await run();
  else await Promise.all(runs.map((run) => run()));
}

export function stopAll(): void {
  for (const stop of running.peek().values()) stop.abort();
}

async function runColumn(ran: CompareSetup, index: number, stop: AbortController): Promise<void> {
  const column = ran.columns[index];
  const started = performance.now();
  try {
    if (!column || stop.signal.aborted) throw new DOMException('stopped', 'AbortError');
    for await (const chunk of streamAnswer(requestOf(ran, column), { signal: stop.signal })) {
      const elapsed = (performance.now() - started) * NANOSECONDS_PER_MILLISECOND;
      setResult(index, (result) => withChunk(result, chunk, elapsed));
    }
    setResult(index, ended);
  } catch (error) {
    setResult(index, (result) =>
      error instanceof ApiError
        ? { ...result, state: 'failed', problem: error.message }
        : { ...result, state: 'stopped' },
    );
    if (!(error instanceof ApiError || stop.signal.aborted)) throw error;
  } finally {
    const left = new Map(running.peek());
    left.delete(index);
    running.value = left;
  }
}
