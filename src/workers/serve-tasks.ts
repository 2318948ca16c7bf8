import { failureOf, READY, type ReplyFrame, type TaskFrame } from './task-frames.ts';

/**
 * The worker's side: runs one task after another until the server closes the channel.
 * @param tasks what the worker can do, by name
 */
export function serveTasks(tasks: Readonly<Record<string, (input: never) => unknown>>): void {
  const reply = (frame: ReplyFrame | typeof READY) => void process.send?.(frame);
  process.on('message', ({ name, input }: TaskFrame) => {
    try {
      const task = tasks[name];
      if (!task) throw new Error(`no task is named ${name}`);
      reply({ value: task(input as never) });
    } catch (error) {
      reply({ failure: failureOf(error) });
    }
  });
  // The server decides when its workers end, also when a terminal or systemd signals the whole group.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  // Also when the server was killed.
  process.on('disconnect', () => process.exit());
  reply(READY);
}
