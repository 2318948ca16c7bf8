import { messageOf, OllamaError } from '../base/errors.ts';
import type { ChildErrorCode, ChildFrame, ParentFrame } from '../protocol/frames.ts';
import type { LoadOptions } from '../protocol/load.ts';
import { BatchLoop } from './batching/batch-loop.ts';
import { Decoder } from './batching/decoder.ts';
import { createPrefixCache } from './cache/create-prefix-cache.ts';
import type { PrefixCache } from './cache/prefix-cache.ts';
import { EmbeddingLoop, type EmbeddingLoopParts } from './embedding/embedding-loop.ts';
import type { FrameSender } from './frame-sender.ts';
import { Heartbeat } from './heartbeat.ts';
import { type LoadedModel, loadModel } from './loaded-model.ts';
import { type Bindings, bindFunctions } from './native/bindings.ts';
import { loadLibraries } from './native/libraries.ts';
import { dieWithParent } from './native/parent-death.ts';
import { selfTest } from './native/self-test.ts';
import { createSamplerParts } from './sampling/sampler-parts.ts';
import { SamplingGuard } from './sampling/sampling-guard.ts';
import { TextMarks } from './text/text-marks.ts';
import { TokenizeQueue } from './text/tokenize-queue.ts';
import { SHORT_TEXT_CHARACTERS, type Tokenizer } from './text/tokenizer.ts';
import { attachThreadPool } from './threads/thread-pool.ts';

/**
 * Handles the parent's frames: loads the single model, then runs completions and embeddings, and tokenizes and
 * detokenizes.
 */
export class ModelServer {
  readonly #sender: FrameSender;
  #loop: BatchLoop | undefined;
  #embeddings: EmbeddingLoop | undefined;
  #tokenizer: Tokenizer | undefined;
  #longTexts: TokenizeQueue | undefined;
  #marks: TextMarks | undefined;
  #isStopping = false;

  constructor(sender: FrameSender) {
    this.#sender = sender;
  }

  handle(frame: ParentFrame): void {
    switch (frame.type) {
      case 'load':
        void this.#load(frame.options, frame.loadedMarker);
        break;
      case 'complete':
        this.#answer(frame.id, () => this.#loaded(this.#loop).submit(frame.id, frame.request));
        break;
      case 'embed':
        this.#answer(frame.id, () => this.#loaded(this.#embeddings).submit(frame.id, frame.inputs));
        break;
      case 'cancel':
        this.#loop?.cancel(frame.id);
        this.#embeddings?.cancel(frame.id);
        this.#longTexts?.cancel(frame.id);
        this.#sender.flush();
        break;
      case 'tokenize':
        void this.#tokenize(frame);
        break;
      case 'pieces':
        this.#answer(frame.id, () => {
          const pieces = this.#loaded(this.#tokenizer).pieces(frame.tokens);
          this.#sender.send({ type: 'pieces', id: frame.id, pieces });
        });
        break;
      case 'detokenize':
        this.#answer(frame.id, () => {
          const text = this.#loaded(this.#tokenizer).detokenize(frame.tokens);
          this.#sender.send({ type: 'text', id: frame.id, text });
        });
        break;
      case 'stop':
        void this.stop(frame.saveMs);
    }
  }

  /** Saves the cache, then exits. Later calls (for example after a signal to the whole group) have no effect. */
  async stop(saveMs: number): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    try {
      await this.#loop?.close(saveMs);
    } finally {
      process.exit(0);
    }
  }

  async #load(options: LoadOptions, loadedMarker: string): Promise<void> {
    try {
      const libraries = loadLibraries(options.libraryFolder);
      const bindings = bindFunctions(libraries);
      dieWithParent();
      selfTest(bindings);
      const model = await loadModel(bindings, options, (fraction) => {
        this.#sender.send({ type: 'load-progress', fraction });
      });
      attachThreadPool(libraries, model.context, model.threads);
      this.#tokenizer = model.tokenizer;
      this.#longTexts = new TokenizeQueue(model.tokenizer);
      this.#marks = new TextMarks(bindings, model.tokenizer);
      const heartbeat = new Heartbeat(this.#sender);
      const decoder = new Decoder(bindings, model.context, model.threads, () => heartbeat.step());
      if (model.facts.embedding) {
        const { embedding: facts } = model.facts;
        this.#embeddings = this.#createEmbeddingLoop({ ...options, ...model, bindings, decoder, facts });
      } else {
        const cache = await createPrefixCache(bindings, options, model);
        this.#loop = this.#createLoop(bindings, decoder, options, model, cache);
      }
      process.stderr.write(`${loadedMarker}\n`);
      this.#sender.send({ type: 'ready', facts: model.facts });
    } catch (error) {
      process.stderr.write(`${loadedMarker}\n`);
      this.#sender.send({ type: 'load-failed', message: messageOf(error) });
    }
  }

  #createLoop(
    bindings: Bindings,
    decoder: Decoder,
    options: LoadOptions,
    { context, tokenizer }: LoadedModel,
    cache: PrefixCache,
  ): BatchLoop {
    const { contextLength } = options;
    const sampling = createSamplerParts(bindings, context, tokenizer, contextLength);
    return new BatchLoop(
      { ...options, bindings, context, tokenizer, decoder, sampling, cache, guard: new SamplingGuard() },
      {
        event: (id, event) => this.#sender.queue({ type: 'event', id, event }),
        failed: (id, code, message) => this.#sender.queue({ type: 'failed', id, code, message }),
        stepEnd: () => this.#sender.flush(),
      },
    );
  }

  #createEmbeddingLoop(parts: EmbeddingLoopParts): EmbeddingLoop {
    return new EmbeddingLoop(parts, {
      embedded: (id, vectors) => this.#sender.queue({ type: 'embeddings', id, vectors }),
      failed: (id, code, message) => this.#sender.queue({ type: 'failed', id, code, message }),
      stepEnd: () => this.#sender.flush(),
    });
  }

  /** A long text is tokenized beside the steps, so that it does not stop the streams. */
  async #tokenize(frame: ParentFrame & { readonly type: 'tokenize' }): Promise<void> {
    const { id, text, addSpecial, parseSpecial } = frame;
    try {
      const tokenizer = this.#loaded(this.#tokenizer);
      const tokens =
        text.length <= SHORT_TEXT_CHARACTERS
          ? tokenizer.tokenize(text, addSpecial, parseSpecial)
          : await this.#loaded(this.#longTexts).tokenize(id, text, frame);
      const marks = parseSpecial ? this.#loaded(this.#marks).of(text, tokens, addSpecial) : [];
      this.#sender.send({ type: 'tokens', id, tokens, marks });
    } catch (error) {
      this.#sender.send(failureFrame(id, error));
    }
  }

  /** Reports any error of a request as that request's answer; an error never ends the process. */
  #answer(id: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#sender.send(failureFrame(id, error));
    }
  }

  #loaded<T>(part: T | undefined): T {
    if (part !== undefined) return part;
    if (!this.#tokenizer) throw new OllamaError('runner-failed', 'no model is loaded yet');
    throw new OllamaError('invalid-request', 'the loaded model does not support this kind of request');
  }
}

const childCodes: readonly ChildErrorCode[] = ['invalid-request', 'prompt-too-long', 'overrun', 'canceled'];

function failureFrame(id: number, error: unknown): ChildFrame {
  const known = error instanceof OllamaError ? error.code : undefined;
  const code = childCodes.find((childCode) => childCode === known) ?? 'runner-failed';
  return { type: 'failed', id, code, message: messageOf(error) };
}
