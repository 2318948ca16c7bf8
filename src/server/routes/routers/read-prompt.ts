import type { ChunkFields } from '../../../api/common.ts';
import type { IgnoredParts } from '../../../api/ignored-parts.ts';
import { OllamaError } from '../../../base/errors.ts';
import type { ReadPrompt, RunNotices } from '../../../inference/completion/completion-run.ts';

/**
 * The tokens that the model would read for a request. Nothing is computed, and no slot is waited for. Routers ask all workers
 * and give each a tenth of a second, so that a load for them would begin and end in vain.
 * @param run begins a run whose request asks for its prompt only
 * @param isLoadedOnly whether the model is not loaded for that
 * @throws OllamaError the errors of the run; `invalid-request` for a request that would only load its model
 */
export async function readPrompt(
  run: (notices: RunNotices) => AsyncIterable<ChunkFields>,
  ignored: IgnoredParts,
  isLoadedOnly = true,
): Promise<ReadPrompt> {
  let read: ReadPrompt | undefined;
  const chunks = run({
    isLoadedOnly,
    ignored: (name) => ignored.add(name),
    promptTokens: (_count, prompt) => {
      read = prompt;
    },
  });
  for await (const _chunk of chunks);
  if (!read) throw new OllamaError('invalid-request', 'the request has no prompt');
  return read;
}
