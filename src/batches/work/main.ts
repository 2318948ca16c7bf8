/** The program of a worker process: checks inputs of batches, one at a time. */
import { serveTasks } from '../../workers/serve-tasks.ts';
import { checkInput } from './check-input.ts';

serveTasks({ checkInput });
