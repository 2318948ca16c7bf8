import { FrameDecoder } from '../protocol/frame-codec.ts';
import type { ParentFrame } from '../protocol/frames.ts';
import { FrameSender } from './frame-sender.ts';
import type { CreateLoadProjector } from './media/projector.ts';
import { ModelServer } from './model-server.ts';
import { openParentPipeOrExplain } from './parent-pipe.ts';

/** Time limit for saving the cache, the same that the parent allows. */
const SAVE_MS = 5000;

/**
 * Makes this process the child of one model. It talks to its parent over the inherited pipe on file descriptor 3 and exits
 * when that pipe closes, so it never outlives the server.
 * @param projectors makes the encoders of pictures and sound
 */
export function runEngine(projectors: CreateLoadProjector): void {
  const pipe = openParentPipeOrExplain();
  if (!pipe) return;
  const server = new ModelServer(new FrameSender(pipe), projectors);
  const decoder = new FrameDecoder();
  pipe.on('data', (chunk) => {
    for (const frame of decoder.push(chunk)) server.handle(frame as ParentFrame);
  });
  pipe.on('close', () => process.exit(0));
  pipe.on('error', () => process.exit(0));
  // Ctrl-C in a terminal signals the whole process group, as Ctrl-Break does on Windows; the parent decides when a model stops.
  for (const signal of ['SIGINT', 'SIGBREAK']) process.on(signal, () => undefined);
  // A service manager signals the whole group. Save the cache, as if the parent had asked for it. Windows never
  // sends this: there, only the parent's frame saves it.
  process.on('SIGTERM', () => void server.stop(SAVE_MS));
}
