import { ChatTasks } from '../../../src/chat/work/chat-tasks.ts';
import type { ChatWork } from '../../../src/chat/work/chat-work.ts';
import type { CompiledSchemas } from '../../../src/grammar/schema/compiled-schemas.ts';

/** Runs chat tasks in this process; like between processes, only data arrives. */
export function inlineChatWork(schemas?: CompiledSchemas): ChatWork {
  const tasks = new ChatTasks(schemas);
  return async (name, input, { salt }) =>
    structuredClone(tasks[name](structuredClone(input) as never, salt)) as never;
}
