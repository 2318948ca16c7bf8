import { performance } from 'node:perf_hooks';
import type { RerankRequest, RerankResponse } from '../../api/rerank.ts';
import { OllamaError } from '../../base/errors.ts';
import { RANK_POOLING } from '../../gguf/embedding-metadata.ts';
import type { EmbeddingFacts, RerankFormat } from '../../protocol/load.ts';
import type { Runner } from '../../runner/runner.ts';
import type { Caller } from '../caller.ts';
import { timesOf } from '../completion/metrics.ts';
import { inputNeed } from '../limiting/guessed-tokens.ts';
import type { RunAllowance } from '../limiting/run-allowance.ts';
import { listedName } from '../loading/configured-models.ts';
import { type InferenceParts, ModelAccess, tryPulling } from '../loading/model-access.ts';
import type { RunWatch } from '../observing/run-watch.ts';
import { watched } from '../observing/watched.ts';
import { textOwner, textRunner } from '../text-runner.ts';
import { embedInputs } from './embed-all.ts';
import { RerankInputs } from './rerank-input.ts';

/** Ranks documents by how well they answer a query. */
export class Reranker {
  readonly #parts: InferenceParts;
  readonly #models: ModelAccess;

  constructor(parts: InferenceParts) {
    this.#parts = parts;
    this.#models = new ModelAccess(parts);
  }

  /** Returns the best document first. @throws OllamaError; a single failing document fails the whole request */
  rerank(request: RerankRequest, caller: Caller): Promise<RerankResponse> {
    return watched({ kind: 'rerank', caller }, this.#parts, (...run) =>
      this.#rerank(request, caller, ...run),
    );
  }

  async #rerank(
    request: RerankRequest,
    caller: Caller,
    watch: RunWatch,
    allowance: RunAllowance,
  ): Promise<RerankResponse> {
    const started = performance.now();
    const { model: name = '', query, documents, truncate = true } = request;
    const model = await this.#models.find(name, caller.key, tryPulling);
    watch.found(listedName(model));
    if (model.facts.poolingType !== RANK_POOLING) throw unsupported(name);
    // Each document is read together with the query.
    await allowance.enter(() => inputNeed(documents.map((document) => query + document)));
    await using lease = await this.#models.acquire(this.#models.prepare(model, request, caller.key), caller, {
      watch,
    });
    const facts = rerankFactsOf(lease.runner, name);
    const inputs = new RerankInputs(textRunner(lease.runner, textOwner(caller)), facts, { query, truncate });
    const { values, tokens } = await embedInputs({
      runner: lease.runner,
      facts,
      count: documents.length,
      tokensOf: async (index) => ({
        tokens: await inputs.tokenize(documents[index] ?? '', index),
        spans: [],
      }),
      valueOf: (scores) => scores[0] ?? 0,
      onRead: (tokens) => {
        allowance.read(tokens);
        watch.prompted(tokens);
      },
      signal: caller.signal,
    });
    watch.done('done', tokens);
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
