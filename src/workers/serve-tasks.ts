import { Bulk, partFrames } from './bulk.ts';
import { failureOf, READY, type ReplyFrame, type TaskFrame } from './task-frames.ts';

/**
 * The worker's side: runs one task after another until the server closes the channel.
 * @param tasks what the worker can do, by name; a task may return a promise, and a `Bulk` where it returns many bytes. What it
 * keeps of its input, it may use again for the same salt only.
 */
export function serveTasks(
  tasks: Readonly<Record<string, (input: never, salt: string | undefined) => unknown>>,
): void {
  const reply = (frame: ReplyFrame | typeof READY) => void process.send?.(frame);
  const run = async ({ name, input, salt }: TaskFrame) => {
    try {
      const task = tasks[name];
      if (!task) throw new Error(`no task is named ${name}`);
      const value = await task(input as never, salt);
      if (!(value instanceof Bulk)) return reply({ value });
      for (const frame of partFrames(value.bytes)) reply(frame);
      reply({ value: value.value, hasParts: true });
    } catch (error) {
      reply({ failure: failureOf(error) });
    }
  };
  process.on('message', (frame: TaskFrame) => void run(frame));
  // The server decides when its workers end, also when a terminal or systemd signals the whole group, or a console of Windows all
  // of its processes.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGBREAK']) process.on(signal, () => undefined);
  // Also when the server was killed.
  process.on('disconnect', () => process.exit());
  reply(READY);
}
