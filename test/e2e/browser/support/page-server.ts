import { inject } from 'vitest';
import { startTestServer, type TestServer, type TestServerOptions } from '../../support/server-process.ts';
import { createModel, post } from '../../support/server-requests.ts';

/** The name of the small real model. Its answers are short, and the same each time. */
export const MODEL = 'smollm2:135m';

/** Starts the built server with the small real model, for tests of the page. */
export async function startPageServer(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  try {
    await createModel(server, MODEL, inject('smolModelPath'), {
      parameters: { num_predict: 100, temperature: 0, seed: 1 },
    });
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Creates a key that may do everything, on a server without keys; from then on the server requires one. @returns the key */
export async function requireKey(server: TestServer): Promise<string> {
  const reply = await post(server, '/api/keys', { name: 'test', scopes: ['admin'] });
  const { key } = reply.body as { key?: string };
  if (key === undefined) throw new Error(`the key was not created: ${JSON.stringify(reply)}`);
  return key;
}
