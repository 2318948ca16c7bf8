import type { GenerateRequest } from '../../api/generate.ts';
import type { OllamaClient } from '../../client/client.ts';
import type { Session } from './session.ts';

/** Loads the session's model, so that the first answer need not wait for it and a bad setting shows at once. */
export async function loadModel(session: Session, client: OllamaClient, signal: AbortSignal): Promise<void> {
  const request: GenerateRequest = {
    model: session.model,
    ...(session.think !== undefined && { think: session.think }),
    ...(session.keepAlive !== undefined && { keep_alive: session.keepAlive }),
  };
  for await (const _ of client.generate(request, signal)) {
    // One reply, which says that it is done.
  }
}
