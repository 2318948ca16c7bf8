/** Which line of a batch gives its place to people in the queue. */

/** A line that was sent and has no reply. */
export interface SentLine {
  readonly index: number;
  /** As the line names it. */
  readonly model: string;
  /** When it was sent, by the clock for durations. */
  readonly sentAt: number;
  /** How often it has given way. */
  readonly givenWay: number;
}

/** A request of the queue. */
export interface WaitingRequest {
  readonly isOfBatch: boolean;
  readonly model: string;
  readonly waitsFor: 'memory' | 'load' | 'slot';
  readonly waitedMs: number;
}

/** A request that waits for the limits of a key, as one that belongs to a batch does too. */
export type WaitingForKey = Pick<WaitingRequest, 'isOfBatch' | 'waitedMs'>;

/** People hardly notice less, and a slot often becomes free within it. */
const PATIENCE_MS = 500;
/** A line that has given way so often keeps its place: otherwise it would never end beside people who never pause. */
const MAX_GIVEN_WAY = 5;

/**
 * The line that lost the least gives way: of those that run, the one sent last. Requests that wait for memory need the model of the
 * batch to end, so its lines give way one by one.
 * @param isSame whether two names are those of one model
 * @returns undefined = nobody waits for what the batch has
 */
export function lineToGiveWay(
  sent: readonly SentLine[],
  waiting: readonly WaitingRequest[],
  isSame: (one: string, other: string) => boolean,
): SentLine | undefined {
  const people = waiting.filter(({ isOfBatch, waitedMs }) => !isOfBatch && waitedMs >= PATIENCE_MS);
  for (const { model, waitsFor } of people) {
    if (waitsFor === 'load') continue;
    const concerned = sent.filter((line) => waitsFor === 'memory' || isSame(line.model, model));
    const victim = lastRunning(concerned, waiting, isSame);
    if (victim) return victim;
  }
  return undefined;
}

/**
 * People have the same key as the batch, and its limits let no more requests run: the line that was sent last gives way.
 * @returns undefined = nobody waits for what the batch has
 */
export function lineToLeaveKey(
  sent: readonly SentLine[],
  waiting: readonly WaitingForKey[],
): SentLine | undefined {
  if (!waiting.some(({ isOfBatch, waitedMs }) => !isOfBatch && waitedMs >= PATIENCE_MS)) return undefined;
  return lastBegun(sent, waiting.filter(({ isOfBatch }) => isOfBatch).length);
}

/**
 * A person is answered beside more lines than may share a model with people: the line that was sent last gives way, so that the
 * person's answer becomes as quick as without the batch's own slots.
 * @param crowded the names of the models where that is so
 */
export function lineToThinOut(
  sent: readonly SentLine[],
  waiting: readonly WaitingRequest[],
  crowded: readonly string[],
  isSame: (one: string, other: string) => boolean,
): SentLine | undefined {
  const concerned = sent.filter((line) => crowded.some((model) => isSame(line.model, model)));
  return lastRunning(concerned, waiting, isSame);
}

/** Lines of one model run in the order in which they were sent; the last ones wait in the queue. */
function lastRunning(
  lines: readonly SentLine[],
  waiting: readonly WaitingRequest[],
  isSame: (one: string, other: string) => boolean,
): SentLine | undefined {
  const queued = waiting.filter(
    ({ isOfBatch, model }) => isOfBatch && lines.some((line) => isSame(line.model, model)),
  ).length;
  return lastBegun(lines, queued);
}

function lastBegun(lines: readonly SentLine[], queued: number): SentLine | undefined {
  return lines
    .toSorted((one, other) => one.sentAt - other.sentAt)
    .slice(0, Math.max(0, lines.length - queued))
    .findLast(({ givenWay }) => givenWay < MAX_GIVEN_WAY);
}
