/** Loads models whose types are slow on this processor from converted copies (`OLLAMA_REPACK`). */
import { statSync } from 'node:fs';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { type GgufFacts, ggufFacts } from '../../gguf/facts.ts';
import { readGgufFile } from '../../gguf/parse.ts';
import type { Digest } from '../../names/digest.ts';
import type { ConvertedCopies, ConvertedCopy, CopyOrder } from '../../quantize/converted-copies.ts';
import { outputBytes } from '../../quantize/output-size.ts';
import { conversionTarget, slowTensorTypes, withConverted } from '../../quantize/speed/slow-tensors.ts';
import type { TypeSpeeds } from '../../quantize/speed/type-speeds.ts';
import type { ConfiguredModel } from './configured-models.ts';

interface RepackingParts {
  readonly copies: Pick<ConvertedCopies, 'find' | 'make'>;
  readonly typeSpeeds: Pick<TypeSpeeds, 'table'>;
  readonly config: { readonly repack: boolean };
  /** Whether models run on GPUs, which have kernels of their own. */
  readonly hasGpu: () => boolean;
  readonly availableMemoryBytes: () => number;
  readonly logger: Logger;
}

/** A copy, with its size in bytes and what it contains. */
interface ReadyCopy extends Pick<ConvertedCopy, 'digest' | 'path'> {
  readonly size: number;
  readonly facts: GgufFacts;
}

/** Part of the available memory that the weights of a copy may take; the rest is for contexts and other models. */
const MEMORY_SHARE = 0.8;

/**
 * Decides once for each set of weights, so that a model does not change while it is in use. Whatever prevents a
 * conversion, the model is loaded as it is.
 */
export class Repacking {
  readonly #parts: RepackingParts;
  readonly #decisions = new Map<Digest, Promise<ConvertedCopy | undefined>>();
  /** Weights whose decision is no longer waited for. */
  readonly #decided = new Set<Digest>();
  readonly #ready = new Map<Digest, ReadyCopy>();

  constructor(parts: RepackingParts) {
    this.#parts = parts;
  }

  /** The model with its converted weights, if they are ready; otherwise the model itself. */
  known(model: ConfiguredModel): ConfiguredModel {
    const copy = this.#ready.get(model.weightsDigest);
    if (!copy || !this.#parts.config.repack) return model;
    if (statSync(copy.path, { throwIfNoEntry: false })?.size === copy.size) return withCopy(model, copy);
    // Somebody has removed it; the next load makes it again.
    this.#ready.delete(model.weightsDigest);
    this.#decisions.delete(model.weightsDigest);
    this.#decided.delete(model.weightsDigest);
    return model;
  }

  /** The model as it is loaded, after a conversion if that is worth it. Never rejects. */
  async ready(model: ConfiguredModel): Promise<ConfiguredModel> {
    if (!this.#parts.config.repack || model.computedDigest !== undefined) return model;
    const { weightsDigest: weights } = model;
    const decision = this.#decisions.get(weights) ?? this.#decide(model);
    this.#decisions.set(weights, decision);
    const copy = await decision;
    this.#decided.add(weights);
    if (copy && !this.#ready.has(weights)) {
      const { digest, path, file } = copy;
      this.#ready.set(weights, { digest, path, size: file.fileSize, facts: ggufFacts(file) });
    }
    return this.known(model);
  }

  /**
   * The model as it would be loaded, with sizes that are estimated where there is no copy yet. Does not wait for a
   * conversion. Never rejects.
   */
  async foreseen(model: ConfiguredModel): Promise<ConfiguredModel> {
    if (!this.#parts.config.repack) return model;
    if (this.#decided.has(model.weightsDigest)) return this.known(model);
    try {
      const order = await this.#orderFor(model);
      if (!order) return model;
      return withFacts(model, ggufFacts(withConverted(order.file, order.from)));
    } catch {
      return model;
    }
  }

  async #decide(model: ConfiguredModel): Promise<ConvertedCopy | undefined> {
    const { copies, logger } = this.#parts;
    const name = model.name.short;
    try {
      const order = await this.#orderFor(model);
      if (!order) return undefined;
      const found = await copies.find(order);
      if (found) return found;
      const { from, target } = order;
      logger.info('converting weights for this processor; the load waits for it', {
        model: name,
        from,
        to: target.name,
      });
      const made = await copies.make(order);
      const bytes = { before: order.file.fileSize, after: made.file.fileSize };
      logger.info('weights converted; the model is loaded from the copy', { model: name, ...bytes });
      return made;
    } catch (error) {
      logger.warn('weights cannot be converted; the model is loaded as it is', {
        model: name,
        reason: messageOf(error),
      });
      return undefined;
    }
  }

  /** What to convert. @returns undefined if the model is to be loaded as it is */
  async #orderFor(model: ConfiguredModel): Promise<CopyOrder | undefined> {
    const { typeSpeeds, hasGpu, availableMemoryBytes, logger } = this.#parts;
    const table = hasGpu() ? undefined : await typeSpeeds.table();
    if (!table) return undefined;
    const file = await readGgufFile(model.weightsPath);
    const from = slowTensorTypes(file, table);
    if (from.length === 0) return undefined;
    const converts = ({ typeName }: { readonly typeName: string }) => from.includes(typeName);
    const needed = outputBytes(file.tensors, conversionTarget, file.dataOffset, converts);
    const available = availableMemoryBytes();
    if (needed > MEMORY_SHARE * available) {
      const sizes = { model: model.name.short, needed, available };
      logger.info('too little memory for converted weights; the model is loaded as it is', sizes);
      return undefined;
    }
    const { weightsDigest: digest, weightsPath: path, facts } = model;
    return { digest, path, file, sourceType: facts.fileType, target: conversionTarget, from };
  }
}

function withCopy(model: ConfiguredModel, { facts, path, digest }: ReadyCopy): ConfiguredModel {
  return { ...withFacts(model, facts), weightsPath: path, computedDigest: digest };
}

function withFacts(model: ConfiguredModel, facts: GgufFacts): ConfiguredModel {
  return { ...model, facts, details: { ...model.details, quantization_level: conversionTarget.name } };
}
