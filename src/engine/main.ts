/** The child process of one model. */
import { createLoadProjector } from './media/load-projector.ts';
import { runEngine } from './run-engine.ts';

runEngine(createLoadProjector);
