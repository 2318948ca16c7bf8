/** Work that may wait: one piece after another, with frames between them, so that the page stays responsive. */

/** Work in one go; most of a frame stays free for the rest. */
const SLICE_MS = 6;

const queue = new Set<() => void>();
let isRunning = false;

function runSlice(): void {
  const end = performance.now() + SLICE_MS;
  for (const work of queue) {
    queue.delete(work);
    work();
    if (performance.now() >= end) break;
  }
  if (queue.size > 0) setTimeout(runSlice, 0);
  else isRunning = false;
}

/** Does something soon. @returns what takes it back if it was not done yet */
export function later(work: () => void): () => void {
  queue.add(work);
  if (!isRunning) {
    isRunning = true;
    setTimeout(runSlice, 0);
  }
  return () => queue.delete(work);
}
