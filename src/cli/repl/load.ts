import type { GenerateRequest } from '../../api/generate.ts';
import type { CommandContext } from '../command.ts';
import { ModelWait } from '../output/model-wait.ts';
import type { Session } from './session.ts';

/** Loads the session's model, so that the first answer does not wait for it and a setting that is not valid fails at once. */
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
      // There is one reply, which reports the end.
    }
  } finally {
    wait.stop();
  }
}
