/** The program of a worker process: pictures, sound and documents, one at a time. */
import { serveTasks } from '../../workers/serve-tasks.ts';
import { detachData } from './detached-parts.ts';
import { type PrepareInput, prepare } from './prepare.ts';
import { readPdf } from './read-pdf.ts';

serveTasks({
  prepare: async (input: PrepareInput) => detachData(await prepare(input)),
  readPdf,
});
