/** Runs once for all end-to-end tests: ensures that the model is in the cache and that a build exists. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { ensureSmolModel } from '../../../scripts/model-cache.mjs';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the SmolLM2 GGUF file. */
    smolModelPath: string;
  }
}

export async function setup(project: TestProject): Promise<void> {
  const built = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
  if (!existsSync(built)) throw new Error('there is nothing to test yet: run "npm run build" first');
  project.provide('smolModelPath', await ensureSmolModel());
}
