import { performance } from 'node:perf_hooks';
import type { RerankRequest, RerankResponse } from '../../api/rerank.ts';
import { OllamaError } from '../../base/errors.ts';
import { RANK_POOLING } from '../../gguf/embedding-metadata.ts';
import type { EmbeddingFacts, RerankFormat } from '../../protocol/load.ts';
import type { Runner } from '../../runner/runner.ts';
import type { Caller } from '../caller.ts';
import { timesOf } from '../completion/metrics.ts';
import { type InferenceParts, ModelAccess, tryPulling } from '../loading/model-access.ts';
import { textRunner } from '../text-runner.ts';
import { embedInputs } from './embed-all.ts';
import { RerankInputs } from './rerank-input.ts';

/** Ranks documents by how well they answer a query. */
export class Reranker {
  readonly #models: ModelAccess;

  constructor(parts: InferenceParts) {
    this.#models = new ModelAccess(parts);
  }

  /** Returns the best document first. @throws OllamaError; a single failing document fails the whole request */
  async rerank(request: RerankRequest, caller: Caller): Promise<RerankResponse> {
    const started = performance.now();
    const { model: name = '', query, documents, truncate = true } = request;
    const model = await this.#models.find(name, tryPulling);
    if (model.facts.poolingType !== RANK_POOLING) throw unsupported(name);
    await using lease = await this.#models.acquire(this.#models.prepare(model, request), caller);
    const facts = rerankFactsOf(lease.runner, name);
    const inputs = new RerankInputs(textRunner(lease.runner, caller.signal), facts, { query, truncate });
    const { values, tokens } = await embedInputs({
      runner: lease.runner,
      facts,
      count: documents.length,
      tokensOf: (index) => inputs.tokenize(documents[index] ?? '', index),
      valueOf: (scores) => scores[0] ?? 0,
      signal: caller.signal,
    });
    const results = values
      .map((relevance_score, index) => ({
        index,
        relevance_score,
        ...(request.return_documents && { document: { text: documents[index] ?? '' } }),
      }))
      .sort((left, right) => right.relevance_score - left.relevance_score);
    const count = request.top_n ?? results.length;
    return { model: name, results: results.slice(0, count), ...timesOf(started, lease, tokens) };
  }
}

function rerankFactsOf(runner: Runner, name: string): EmbeddingFacts & { readonly rerank: RerankFormat } {
  const { embedding } = runner.facts;
  if (embedding?.rerank) return { ...embedding, rerank: embedding.rerank };
  throw unsupported(name);
}

function unsupported(name: string): OllamaError {
  return new OllamaError('invalid-request', `"${name}" does not support reranking`);
}
