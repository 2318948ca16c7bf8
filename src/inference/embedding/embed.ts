import { performance } from 'node:perf_hooks';
import type { Message } from '../../api/common.ts';
import type { EmbedRequest, EmbedResponse } from '../../api/embed.ts';
import type { EmbeddingsRequest, EmbeddingsResponse } from '../../api/embeddings.ts';
import { OllamaError } from '../../base/errors.ts';
import type { ChatWork, WorkOrder } from '../../chat/work/chat-work.ts';
import { type EmbeddingMetadata, RANK_POOLING } from '../../gguf/embedding-metadata.ts';
import type { Model } from '../../models/model.ts';
import type { EmbeddingFacts } from '../../protocol/load.ts';
import type { Runner } from '../../runner/runner.ts';
import { cacheSaltOf } from '../cache-salt.ts';
import { type Caller, workOrder } from '../caller.ts';
import { requireAccepted } from '../completion/media-checks.ts';
import { timesOf } from '../completion/metrics.ts';
import { ModelFormats } from '../completion/model-formats.ts';
import { inputNeed } from '../limiting/guessed-tokens.ts';
import type { RunAllowance } from '../limiting/run-allowance.ts';
import { listedName } from '../loading/configured-models.ts';
import { type InferenceParts, ModelAccess, tryPulling } from '../loading/model-access.ts';
import { mediaOf, withoutBytes } from '../media/medium.ts';
import { requestMedia } from '../media/prepare-request.ts';
import type { RunWatch } from '../observing/run-watch.ts';
import { watched } from '../observing/watched.ts';
import { type TextRunner, textOwner, textRunner } from '../text-runner.ts';
import { type EmbedTokens, embedInputs } from './embed-all.ts';
import { embeddingLimit, InputTokenizer, tokenizeWhole } from './fit-input.ts';
import { illustratedTexts } from './illustrated-texts.ts';
import { illustratedTokens } from './illustrated-tokens.ts';
import { normalize, shorten, toShortNumbers } from './vectors.ts';

/** A request to embed one conversation, or inputs. */
export interface EmbedAsked extends EmbedRequest {
  /** In the place of the inputs; the model's chat template writes them as one. */
  readonly messages?: readonly Message[];
}

/** Computes embedding vectors of texts, and of pictures and sounds among them. */
export class Embedder {
  readonly #parts: InferenceParts;
  readonly #models: ModelAccess;
  readonly #formats: ModelFormats;

  /** @param work runs templates */
  constructor(parts: InferenceParts, work: ChatWork) {
    this.#parts = parts;
    this.#models = new ModelAccess(parts);
    this.#formats = new ModelFormats(work, parts.logger);
  }

  /** @throws OllamaError; a single failing input fails the whole request */
  embed(request: EmbedAsked, caller: Caller): Promise<EmbedResponse> {
    return watched({ kind: 'embed', caller }, this.#parts, (...run) => this.#embed(request, caller, ...run));
  }

  async #embed(
    request: EmbedAsked,
    caller: Caller,
    watch: RunWatch,
    allowance: RunAllowance,
  ): Promise<EmbedResponse> {
    const started = performance.now();
    const { model: name = '', messages, dimensions = 0, truncate = true } = request;
    const model = await this.#models.find(name, caller.key, tryPulling);
    watch.found(listedName(model));
    const inputs = messages ? [{ text: '', media: mediaOf(messages) }] : illustratedTexts(request);
    if (inputs.length > 0) requireEmbedding(model, name);
    const media = inputs.flatMap((input) => input.media);
    requireAccepted(model, media);
    const prepared = this.#models.prepare(model, request, caller.key);
    await allowance.enter(() => inputNeed(inputs.map(({ text }) => text)));
    const order = workOrder(model, caller, cacheSaltOf(caller));
    const files = requestMedia(this.#parts.media, model, { ...order, limits: prepared.options.imageTokens });
    // Before the lease, so that others are served while files are decoded.
    for (const input of inputs) await files.prepare(input.media, prepared.target.load.contextLength);
    await using lease = await this.#models.acquire(prepared, caller, { watch });
    if (inputs.length === 0) {
      watch.done('load');
      return { model: name, embeddings: [] };
    }
    const { runner: process } = lease;
    const facts = embeddingFactsOf(process);
    const runner = textRunner(process, textOwner(caller));
    const limits = { truncate, ...embeddingLimit(model.facts.contextLength, prepared.options.wantedContext) };
    const tokenizer = new InputTokenizer(runner, facts, requireEmbedding(model, name), limits);
    const tokensOf = async (index: number): Promise<EmbedTokens> => {
      const { text, media: own } = inputs[index] ?? { text: '', media: [] };
      const written = messages ? await this.#written(model, messages, { runner, order }) : text;
      if (own.length === 0) return { tokens: await tokenizer.tokenize(written, index), spans: [] };
      const surroundings = { runner, facts, prepared: files, contextLength: limits.contextLength };
      return illustratedTokens({ text: written, media: own }, index, surroundings);
    };
    const { values, tokens } = await embedInputs({
      runner: process,
      facts,
      count: inputs.length,
      tokensOf,
      ...(media.length > 0 && { mediaData: (digest: string) => files.dataOf(digest) }),
      valueOf: (vector) => toShortNumbers(shorten(normalize(vector), dimensions)),
      onRead: (tokens) => {
        allowance.read(tokens);
        watch.prompted(tokens);
      },
      signal: caller.signal,
    });
    watch.done('done', tokens);
    return { model: name, embeddings: values, ...timesOf(started, lease, tokens) };
  }

  /** A conversation as the model's template writes it, up to the beginning of an answer. */
  async #written(
    model: Model,
    messages: readonly Message[],
    { runner, order }: { readonly runner: TextRunner; readonly order: WorkOrder },
  ): Promise<string> {
    const { bosText: bosToken, eosText: eosToken } = runner.facts;
    const format = await this.#formats.of(model, {}, order);
    const think = undefined;
    const text = await format.render({
      messages: withoutBytes(messages),
      tools: [],
      think,
      bosToken,
      eosToken,
    });
    // The tokenizer adds it, as in front of every input.
    return bosToken !== '' && text.startsWith(bosToken) ? text.slice(bosToken.length) : text;
  }

  /** The older endpoint: embeds one text without shortening it, and normalizes the vector only for some models. */
  embedOne(request: EmbeddingsRequest, caller: Caller): Promise<EmbeddingsResponse> {
    return watched({ kind: 'embed', caller }, this.#parts, (...run) =>
      this.#embedOne(request, caller, ...run),
    );
  }

  async #embedOne(
    request: EmbeddingsRequest,
    caller: Caller,
    watch: RunWatch,
    allowance: RunAllowance,
  ): Promise<EmbeddingsResponse> {
    const { model: name = '', prompt = '' } = request;
    if (name === '') throw new OllamaError('invalid-request', 'model is required');
    const model = await this.#models.find(name, caller.key, tryPulling);
    watch.found(listedName(model));
    if (prompt === '') {
      const lease = await this.#models.acquire(this.#models.prepare(model, request, caller.key), caller, {
        watch,
      });
      lease.release();
      watch.done('load');
      return { embedding: [] };
    }
    const { isNormalized } = requireEmbedding(model, name);
    await allowance.enter(() => inputNeed([prompt]));
    await using lease = await this.#models.acquire(this.#models.prepare(model, request, caller.key), caller, {
      watch,
    });
    const { runner } = lease;
    const facts = embeddingFactsOf(runner);
    const { values, tokens } = await embedInputs({
      runner,
      facts,
      count: 1,
      tokensOf: async () => ({
        tokens: await tokenizeWhole(textRunner(runner, textOwner(caller)), facts, prompt),
        spans: [],
      }),
      valueOf: (vector) => Array.from(isNormalized ? normalize(vector) : vector),
      onRead: (tokens) => {
        allowance.read(tokens);
        watch.prompted(tokens);
      },
      signal: caller.signal,
    });
    watch.done('done', tokens);
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
