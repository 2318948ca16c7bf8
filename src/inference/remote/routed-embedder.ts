/** Computes vectors where their model is: here, or at an upstream. */
import { requireModel } from '../../access/require-model.ts';
import type { EmbedResponse } from '../../api/embed.ts';
import type { EmbeddingsRequest, EmbeddingsResponse } from '../../api/embeddings.ts';
import { OllamaError } from '../../base/errors.ts';
import { NANOSECONDS_PER_MILLISECOND } from '../../base/units.ts';
import { RemoteModelError } from '../../models/remote/remote-model.ts';
import { askForDocument } from '../../upstreams/asking/ask.ts';
import type { AskedEmbedding } from '../../upstreams/dialects/dialect.ts';
import { chooseWay } from '../../upstreams/routing/overflow.ts';
import type { Caller } from '../caller.ts';
import type { EmbedAsked, Embedder } from '../embedding/embed.ts';
import { normalize, shorten, toShortNumbers } from '../embedding/vectors.ts';
import { inputNeed } from '../limiting/guessed-tokens.ts';
import { watched } from '../observing/watched.ts';
import type { LocalFacts } from './local-facts.ts';
import { firstAnswer } from './remote-asker.ts';
import type { RemoteName, RemoteNames } from './remote-names.ts';
import type { RemoteParts } from './remote-runs.ts';

interface RoutedEmbedderParts extends RemoteParts {
  readonly local: Pick<Embedder, 'embed' | 'embedOne'>;
  readonly names: RemoteNames;
  readonly facts: Pick<LocalFacts, 'of'>;
}

/** Is told of each part of a request that an upstream cannot be given. */
type IgnoredNotice = ((name: string) => void) | undefined;

/** Inputs of one request to an upstream: their vectors parse in a few milliseconds. */
const BATCH = 32;

export class RoutedEmbedder {
  readonly #parts: RoutedEmbedderParts;

  constructor(parts: RoutedEmbedderParts) {
    this.#parts = parts;
  }

  async embed(request: EmbedAsked, caller: Caller, ignored?: IgnoredNotice): Promise<EmbedResponse> {
    const { local } = this.#parts;
    return this.#routed(request, caller, {
      here: (own) => local.embed(request, own),
      there: (found) => this.#embed(request, found, caller, ignored),
    });
  }

  async embedOne(
    request: EmbeddingsRequest,
    caller: Caller,
    ignored?: IgnoredNotice,
  ): Promise<EmbeddingsResponse> {
    const { local } = this.#parts;
    const { prompt = '', ...rest } = request;
    return this.#routed(request, caller, {
      here: (own) => local.embedOne(request, own),
      there: async (found) => {
        const asked = { ...rest, input: prompt === '' ? [] : [prompt] };
        const { embeddings } = await this.#embed(asked, found, caller, ignored);
        return { embedding: embeddings[0] ?? [] };
      },
    });
  }

  async #routed<Reply>(
    request: EmbedAsked | EmbeddingsRequest,
    caller: Caller,
    ways: {
      readonly here: (caller: Caller) => Promise<Reply>;
      readonly there: (found: Pick<RemoteName, 'name' | 'route'>) => Promise<Reply>;
    },
  ): Promise<Reply> {
    const { names, facts } = this.#parts;
    const { model: name = '' } = request;
    const found = names.find(name);
    if (found) {
      requireModel(caller.key, name);
      const { overflowMs } = found.route;
      if (overflowMs === undefined) return ways.there(found);
      const known = await facts.of(name, request.options, caller);
      return chooseWay(known, overflowMs).to === 'here' ? ways.here(caller) : ways.there(found);
    }
    try {
      const movesOn = (error: unknown) => error instanceof RemoteModelError;
      return await ways.here({ ...caller, movesOn });
    } catch (error) {
      if (!(error instanceof RemoteModelError)) throw error;
      return ways.there({ name, route: names.stored(error.remote) });
    }
  }

  #embed(
    request: EmbedAsked,
    { name, route }: Pick<RemoteName, 'name' | 'route'>,
    caller: Caller,
    ignored: IgnoredNotice,
  ): Promise<EmbedResponse> {
    const { images, messages, input = [], dimensions = 0, truncate, options } = request;
    const model = request.model ?? name;
    const started = performance.now();
    return watched({ kind: 'embed', caller }, this.#parts, async (watch, allowance) => {
      const [first] = route.candidates;
      watch.found(first?.isPattern ? first.listed : name);
      if (images?.length || messages?.length) throw onlyTexts(first?.upstream.name ?? '');
      if (input.length === 0) {
        watch.done('load');
        return { model, embeddings: [] };
      }
      await allowance.enter(() => inputNeed(input));
      watch.queued();
      const embeddings: number[][] = [];
      let tokens = 0;
      for (let from = 0; from < input.length; from += BATCH) {
        const batch = input.slice(from, from + BATCH);
        const part = await this.#batch(
          { input: batch, truncate, options },
          { name, route, caller, ignored, onCall: (call) => watch.called(call) },
        );
        watch.granted(undefined);
        for (const vector of part.vectors) embeddings.push(vectorOf(vector, dimensions));
        tokens += part.tokens;
        allowance.read(tokens);
      }
      watch.found(name);
      watch.done('done', tokens);
      const total = Math.round((performance.now() - started) * NANOSECONDS_PER_MILLISECOND);
      return { model, embeddings, total_duration: total, prompt_eval_count: tokens };
    });
  }

  async #batch(
    asked: AskedEmbedding,
    how: Pick<RemoteName, 'name' | 'route'> & {
      readonly ignored: IgnoredNotice;
      readonly caller: Caller;
      readonly onCall: Parameters<typeof firstAnswer>[1]['onCall'];
    },
  ): Promise<{ vectors: number[][]; tokens: number }> {
    const answering = await firstAnswer(this.#parts, {
      candidates: how.route.candidates,
      ...{ name: how.name, caller: how.caller, onCall: how.onCall },
      ask: async (candidate, { dialect, to, ask }) => {
        const call = dialect.embedding(asked, to);
        for (const part of call.ignored) how.ignored?.(part);
        const reply = await askForDocument(candidate.upstream, call, ask);
        return 'failure' in reply ? reply : { result: dialect.vectors(reply.result) };
      },
    });
    const { vectors } = answering.result;
    const isWhole =
      vectors.length === asked.input.length && vectors.every((vector) => vector?.every(Number.isFinite));
    if (isWhole) {
      answering.end('answered');
      return answering.result;
    }
    const message = `upstream "${answering.candidate.upstream.name}": it sent ${vectors.length} vectors for ${asked.input.length} inputs, or something else than numbers`;
    const error = new OllamaError('upstream', message, { status: 502 });
    answering.end({ error });
    throw error;
  }
}

function vectorOf(numbers: readonly number[], dimensions: number): number[] {
  return toShortNumbers(shorten(normalize(Float32Array.from(numbers)), dimensions));
}

function onlyTexts(upstream: string): OllamaError {
  return new OllamaError(
    'invalid-request',
    `the upstream "${upstream}" is asked for vectors of texts only: leave out "images" and "messages"`,
  );
}
