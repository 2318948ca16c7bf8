import type { GenerateRequest } from '../../api/generate.ts';
import type { CommandContext } from '../command.ts';
import { ModelWait } from '../output/model-wait.ts';
import type { Session } from './session.ts';

/** Loads the session's model, so that the first answer need not wait for it and a bad setting shows at once. */
export async function loadModel(
  { model, think, keepAlive }: Session,
  { client, stderr, environment }: CommandContext,
  signal: AbortSignal,
): Promise<void> {
  const request: GenerateRequest = {
    model,
    ...(think !== undefined && { think }),
    ...(keepAlive !== undefined && { keep_alive: keepAlive }),
  };
  const wait = new ModelWait({ client, model, stderr, environment });
  wait.start();
  try {
    for await (const _ of client.generate(request, signal)) {
      // One reply, which says that it is done.
    }
  } finally {
    wait.stop();
  }
}
