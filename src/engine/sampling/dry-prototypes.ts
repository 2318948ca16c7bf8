import type { DryOptions } from '../../protocol/completion.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';

/** Requests of one client usually repeat their options. */
const MAX_PROTOTYPES = 4;

/**
 * Caches DRY samplers to clone. llama.cpp searches the whole vocabulary for each sequence breaker (several milliseconds
 * for 50 000 tokens), which must not stall the other sequences with every request.
 */
export class DryPrototypes {
  readonly #bindings: Bindings;
  readonly #vocabulary: Pointer;
  /** In order of last use, oldest first. */
  readonly #prototypes = new Map<string, Pointer>();

  constructor(bindings: Bindings, vocabulary: Pointer) {
    this.#bindings = bindings;
    this.#vocabulary = vocabulary;
  }

  /** @returns a sampler without a history, owned by the caller */
  create(options: DryOptions, lookBack: number): Pointer {
    const key = JSON.stringify([options, lookBack]);
    const prototype = this.#prototypes.get(key) ?? this.#compile(options, lookBack);
    this.#prototypes.delete(key);
    this.#prototypes.set(key, prototype);
    this.#dropOldest();
    return this.#bindings.samplerClone(prototype);
  }

  #compile({ multiplier, base, allowedLength, breakers }: DryOptions, lookBack: number): Pointer {
    const { dry } = this.#bindings;
    return dry(this.#vocabulary, multiplier, base, allowedLength, lookBack, breakers, breakers.length);
  }

  #dropOldest(): void {
    for (const [key, prototype] of this.#prototypes) {
      if (this.#prototypes.size <= MAX_PROTOTYPES) return;
      this.#prototypes.delete(key);
      this.#bindings.samplerFree(prototype);
    }
  }
}
