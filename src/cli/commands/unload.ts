import { OllamaError } from '../../base/errors.ts';
import type { OllamaClient } from '../../client/client.ts';

/** Asks the server to unload a model. @throws OllamaError with status 404 if the model does not exist */
export async function unloadModel(client: OllamaClient, model: string): Promise<void> {
  // The error of this request has no status in its text, unlike the errors of streams.
  await client.show({ model });
  for await (const _ of client.generate({ model, keep_alive: 0 })) {
    // There is one reply, which reports the end.
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof OllamaError && error.status === 404;
}
