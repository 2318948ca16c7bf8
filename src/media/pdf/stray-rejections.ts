import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Runs a task, and notes rejections that nobody handles meanwhile. pdf.js starts reads whose promises it never looks at when another
 * part of a damaged file fails first (seen with 5.6); without a listener, Node ends the process.
 *
 * Only a process that does nothing else meanwhile may call it: it cannot tell whose rejections they are.
 * @throws the task's own error, else the first rejection that nobody handled
 */
export async function withStrayRejections<T>(task: () => Promise<T>): Promise<T> {
  const strays: unknown[] = [];
  const note = (reason: unknown) => void strays.push(reason);
  process.on('unhandledRejection', note);
  try {
    const value = await task();
    // Node tells of a rejection after the microtasks of its turn.
    await nextTurn();
    if (strays.length > 0) throw strays[0];
    return value;
  } finally {
    await nextTurn();
    process.off('unhandledRejection', note);
  }
}
