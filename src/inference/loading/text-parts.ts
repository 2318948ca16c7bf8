/** Loads Ollama's one-file models, whose files llama.cpp does not read, from copies of their language models. */
import { statSync } from 'node:fs';
import type { Logger } from '../../base/logger.ts';
import { ggufFacts } from '../../gguf/facts.ts';
import { oneFileArchitectures, textFile, textPart } from '../../gguf/one-file/text-part.ts';
import { readGgufFile } from '../../gguf/parse.ts';
import type { Digest } from '../../names/digest.ts';
import type { TextCopies, TextCopy } from '../../store/text-copies.ts';
import type { ConfiguredModel } from './configured-models.ts';

interface TextPartsParts {
  readonly copies: Pick<TextCopies, 'find' | 'make'>;
  readonly logger: Logger;
}

/** The seam of `ModelAccess` for weights that are not loaded as they are. */
export interface LoadedWeights {
  /** The model with the weights that are loaded, as far as they are ready. */
  known(model: ConfiguredModel): ConfiguredModel;
  ready(model: ConfiguredModel): Promise<ConfiguredModel>;
  /** The model as it would be loaded, without making anything. */
  foreseen(model: ConfiguredModel): Promise<ConfiguredModel>;
}

/** Makes a copy once for each set of weights. */
export class TextParts implements LoadedWeights {
  readonly #parts: TextPartsParts;
  readonly #running = new Map<Digest, Promise<TextCopy | undefined>>();
  readonly #ready = new Map<Digest, TextCopy>();

  constructor(parts: TextPartsParts) {
    this.#parts = parts;
  }

  known(model: ConfiguredModel): ConfiguredModel {
    const copy = this.#ready.get(model.weightsDigest);
    if (!copy) return model;
    const size = statSync(copy.path, { throwIfNoEntry: false })?.size;
    if (size === copy.file.fileSize) return withText(model, copy);
    // Somebody has removed it; the next load makes it again.
    this.#ready.delete(model.weightsDigest);
    return model;
  }

  /** @throws OllamaError `storage-full`, `storage-read-only`; `invalid-request` naming an architecture that llama.cpp cannot run */
  async ready(model: ConfiguredModel): Promise<ConfiguredModel> {
    const { weightsDigest: weights } = model;
    if (!oneFileArchitectures.has(model.facts.architecture)) return model;
    const known = this.known(model);
    if (known !== model) return known;
    const running = this.#running.get(weights) ?? this.#copyOf(model);
    this.#running.set(weights, running);
    try {
      const copy = await running;
      if (copy) this.#ready.set(weights, copy);
    } finally {
      // Another request tries again after a failure.
      this.#running.delete(weights);
    }
    return this.known(model);
  }

  /** Never rejects. */
  async foreseen(model: ConfiguredModel): Promise<ConfiguredModel> {
    if (!oneFileArchitectures.has(model.facts.architecture)) return model;
    const known = this.known(model);
    if (known !== model) return known;
    try {
      const file = await readGgufFile(model.weightsPath);
      const part = textPart(file);
      return part ? { ...model, facts: ggufFacts(textFile(file, part)) } : model;
    } catch {
      return model;
    }
  }

  async #copyOf(model: ConfiguredModel): Promise<TextCopy | undefined> {
    const { copies, logger } = this.#parts;
    if (!textPart(await readGgufFile(model.weightsPath))) return undefined;
    const source = { digest: model.weightsDigest, path: model.weightsPath };
    const found = await copies.find(source);
    if (found) return found;
    const name = model.name.short;
    logger.info('copying the language model out of a one-file model; the load waits for it', { model: name });
    const made = await copies.make(source);
    logger.info('language model copied', { model: name, bytes: made.file.fileSize });
    return made;
  }
}

function withText(model: ConfiguredModel, { path, file }: TextCopy): ConfiguredModel {
  return { ...model, weightsPath: path, facts: ggufFacts(file) };
}

/** Two such steps after each other. */
export function inTurn(first: LoadedWeights, second: LoadedWeights): LoadedWeights {
  return {
    known: (model) => second.known(first.known(model)),
    ready: async (model) => second.ready(await first.ready(model)),
    foreseen: async (model) => second.foreseen(await first.foreseen(model)),
  };
}
