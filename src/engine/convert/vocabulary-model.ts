import { writeFile } from 'node:fs/promises';
import { OllamaError } from '../../base/errors.ts';
import { removeUnlessInUse } from '../../base/files/replace-file.ts';
import type { GgufValue } from '../../gguf/types.ts';
import { encodeGguf } from '../../gguf/writer.ts';
import { type Bindings, callAsync, type Pointer } from '../native/bindings.ts';
import { Tokenizer } from '../text/tokenizer.ts';

/** A vocabulary that the engine has loaded without a model. */
export interface LoadedVocabulary {
  readonly tokenizer: Tokenizer;
  free(): void;
}

/**
 * Loads the vocabulary that metadata describes. The engine reads files only, so they are written to one first.
 * @param path of a file that is written and removed again
 * @throws OllamaError `invalid-request` when the engine does not accept the vocabulary; its log has the reason
 */
export async function loadVocabulary(
  bindings: Bindings,
  metadata: readonly (readonly [string, GgufValue])[],
  path: string,
): Promise<LoadedVocabulary> {
  try {
    await writeFile(path, encodeGguf({ metadata: Object.fromEntries(metadata), tensors: [] }));
    const params = bindings.modelDefaultParams();
    params.vocab_only = true;
    const model = await callAsync(bindings.loadModel, path, params);
    if (model === null) {
      throw new OllamaError('invalid-request', 'the engine cannot load the vocabulary of this tokenizer');
    }
    return loaded(bindings, model);
  } finally {
    // The engine leaves a file open that it could not load.
    await removeUnlessInUse(path);
  }
}

function loaded(bindings: Bindings, model: Pointer): LoadedVocabulary {
  return { tokenizer: new Tokenizer(bindings, model), free: () => bindings.freeModel(model) };
}
