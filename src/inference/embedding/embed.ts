import { performance } from 'node:perf_hooks';
import type { EmbedRequest, EmbedResponse } from '../../api/embed.ts';
import type { EmbeddingsRequest, EmbeddingsResponse } from '../../api/embeddings.ts';
import { OllamaError } from '../../base/errors.ts';
import { type EmbeddingMetadata, RANK_POOLING } from '../../gguf/embedding-metadata.ts';
import type { Model } from '../../models/model.ts';
import type { EmbeddingFacts } from '../../protocol/load.ts';
import type { Runner } from '../../runner/runner.ts';
import type { Caller } from '../caller.ts';
import { timesOf } from '../completion/metrics.ts';
import { type InferenceParts, ModelAccess, tryPulling } from '../loading/model-access.ts';
import { textRunner } from '../text-runner.ts';
import { embedInputs } from './embed-all.ts';
import { embeddingLimit, InputTokenizer, tokenizeWhole } from './fit-input.ts';
import { normalize, shorten, toShortNumbers } from './vectors.ts';

/** Computes embedding vectors of texts. */
export class Embedder {
  readonly #models: ModelAccess;

  constructor(parts: InferenceParts) {
    this.#models = new ModelAccess(parts);
  }

  /** @throws OllamaError; a single failing input fails the whole request */
  async embed(request: EmbedRequest, caller: Caller): Promise<EmbedResponse> {
    const started = performance.now();
    const { model: name = '', input = [], dimensions = 0, truncate = true } = request;
    const model = await this.#models.find(name, tryPulling);
    if (input.length > 0) requireEmbedding(model, name);
    const prepared = this.#models.prepare(model, request);
    await using lease = await this.#models.acquire(prepared, caller);
    if (input.length === 0) return { model: name, embeddings: [] };
    const { runner } = lease;
    const facts = embeddingFactsOf(runner);
    const limits = { truncate, ...embeddingLimit(model.facts.contextLength, prepared.options.wantedContext) };
    const tokenizer = new InputTokenizer(
      textRunner(runner, caller.signal),
      facts,
      requireEmbedding(model, name),
      limits,
    );
    const { values, tokens } = await embedInputs({
      runner,
      facts,
      count: input.length,
      tokensOf: (index) => tokenizer.tokenize(input[index] ?? '', index),
      valueOf: (vector) => toShortNumbers(shorten(normalize(vector), dimensions)),
      signal: caller.signal,
    });
    return { model: name, embeddings: values, ...timesOf(started, lease, tokens) };
  }

  /** The older endpoint: embeds one text without shortening it, and normalizes the vector only for some models. */
  async embedOne(request: EmbeddingsRequest, caller: Caller): Promise<EmbeddingsResponse> {
    const { model: name = '', prompt = '' } = request;
    if (name === '') throw new OllamaError('invalid-request', 'model is required');
    const model = await this.#models.find(name, tryPulling);
    if (prompt === '') {
      const lease = await this.#models.acquire(this.#models.prepare(model, request), caller);
      lease.release();
      return { embedding: [] };
    }
    const { isNormalized } = requireEmbedding(model, name);
    await using lease = await this.#models.acquire(this.#models.prepare(model, request), caller);
    const { runner } = lease;
    const facts = embeddingFactsOf(runner);
    const { values } = await embedInputs({
      runner,
      facts,
      count: 1,
      tokensOf: () => tokenizeWhole(textRunner(runner, caller.signal), facts, prompt),
      valueOf: (vector) => Array.from(isNormalized ? normalize(vector) : vector),
      signal: caller.signal,
    });
    return { embedding: values[0] ?? [] };
  }
}

function requireEmbedding({ facts }: Model, name: string): EmbeddingMetadata {
  const isRanking = facts.poolingType === RANK_POOLING;
  if (facts.embedding && !isRanking) return facts.embedding;
  const remedy = isRanking ? '; it is a reranker: use /api/rerank' : '';
  throw new OllamaError('invalid-request', `"${name}" does not support embeddings${remedy}`);
}

function embeddingFactsOf(runner: Runner): EmbeddingFacts {
  const { embedding } = runner.facts;
  if (embedding) return embedding;
  throw new OllamaError('runner-failed', 'the model was not loaded for embeddings');
}
