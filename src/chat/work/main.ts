/** The program of a worker process: chat tasks, one at a time. */
import { serveTasks } from '../../workers/serve-tasks.ts';
import { ChatTasks, chatTaskNames } from './chat-tasks.ts';

const tasks = new ChatTasks();

serveTasks(
  Object.fromEntries(
    chatTaskNames.map((name) => [name, (input: never, salt?: string) => tasks[name](input, salt)]),
  ),
);
