import { OllamaError } from '../../base/errors.ts';
import type { OllamaClient } from '../../client/client.ts';

/** Asks the server to unload a model. Fails with 404 when it does not exist. */
export async function unloadModel(client: OllamaClient, model: string): Promise<void> {
  // Its refusal comes without the status that stands before the errors of streams.
  await client.show({ model });
  for await (const _ of client.generate({ model, keep_alive: 0 })) {
    // One reply, which says that it is done.
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof OllamaError && error.status === 404;
}
