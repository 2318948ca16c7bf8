import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import type { TensorJob } from '../../convert/plan/tensor-job.ts';

/** What the two processes of a conversion share beside the output: its measures, then one tensor per line. */
export interface PlanStart {
  /** Bytes before the data of the first tensor. */
  readonly dataOffset: number;
  /** Bytes of the whole output. */
  readonly total: number;
}

export async function writePlanFile(
  path: string,
  start: PlanStart,
  tensors: readonly TensorJob[],
): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.write(`${JSON.stringify(start)}\n`);
    for (const tensor of tensors) await file.write(`${JSON.stringify(tensor)}\n`);
  } finally {
    await file.close();
  }
}

/** Reads one tensor after the other, so that a plan of many experts takes little memory. */
export async function readPlanFile(
  path: string,
): Promise<{ readonly start: PlanStart; readonly tensors: AsyncIterable<TensorJob> }> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  const start = JSON.parse(String(first.value)) as PlanStart;
  const tensors = (async function* () {
    for (let next = await iterator.next(); !next.done; next = await iterator.next())
      yield JSON.parse(next.value) as TensorJob;
  })();
  return { start, tensors };
}
