import { messageOf, OllamaError } from '../base/errors.ts';
import type { CompletionPrompt, CompletionRequest } from '../protocol/completion.ts';
import { type ChildFrame, draftsMarker, layoutMarker, type ParentFrame } from '../protocol/frames.ts';
import type { LoadOptions } from '../protocol/load.ts';
import { ROWS_CACHE_BYTES } from '../protocol/row-memory.ts';
import { BatchLoop } from './batching/batch-loop.ts';
import { Decoder } from './batching/decoder.ts';
import type { MediaParts } from './batching/media-steps.ts';
import { createPrefixCache } from './cache/create-prefix-cache.ts';
import { HeldChanges } from './cache/held-changes.ts';
import type { PrefixCache } from './cache/prefix-cache.ts';
import { childErrorCode } from './child-error-code.ts';
import { EmbeddingLoop, type EmbeddingLoopParts } from './embedding/embedding-loop.ts';
import { EngineMeter } from './figures/engine-meter.ts';
import { FigureReports } from './figures/figure-reports.ts';
import { HeldReports } from './figures/held-reports.ts';
import { StepReports } from './figures/step-reports.ts';
import type { FrameSender } from './frame-sender.ts';
import { Heartbeat } from './heartbeat.ts';
import { type LoadedModel, loadModel } from './loaded-model.ts';
import type { LoadedMedia } from './media/load-media.ts';
import { MediaInbox } from './media/media-inbox.ts';
import type { CreateLoadProjector } from './media/projector.ts';
import { type Bindings, bindFunctions } from './native/bindings.ts';
import { bindEagle } from './native/eagle-bindings.ts';
import { loadLibraries } from './native/libraries.ts';
import { dieWithParent } from './native/parent-death.ts';
import { bindPrediction } from './native/prediction-bindings.ts';
import { selfTest } from './native/self-test.ts';
import { createSamplerParts } from './sampling/sampler-parts.ts';
import { SamplingGuard } from './sampling/sampling-guard.ts';
import { createSpeculation } from './speculation/create-speculation.ts';
import type { Speculation } from './speculation/speculation.ts';
import { readPrompt } from './text/read-prompt.ts';
import { TextMarks } from './text/text-marks.ts';
import { TokenizeQueue } from './text/tokenize-queue.ts';
import { FEW_TOKENS, SHORT_TEXT_CHARACTERS, type Tokenizer } from './text/tokenizer.ts';
import { attachThreadPool } from './threads/thread-pool.ts';

interface LoopHelpers {
  readonly cache: PrefixCache;
  readonly speculation: Speculation | undefined;
  readonly media: MediaParts | undefined;
}

/**
 * Handles the parent's frames: loads the single model, then runs completions and embeddings, and tokenizes and
 * detokenizes.
 */
export class ModelServer {
  readonly #sender: FrameSender;
  readonly #projectors: CreateLoadProjector;
  readonly #inbox: MediaInbox;
  #loop: BatchLoop | undefined;
  #embeddings: EmbeddingLoop | undefined;
  #tokenizer: Tokenizer | undefined;
  #longTexts: TokenizeQueue | undefined;
  #marks: TextMarks | undefined;
  readonly #meter = new EngineMeter();
  #reports: FigureReports | undefined;
  readonly #stepReports: StepReports;
  #heldReports: HeldReports | undefined;
  #isStopping = false;

  constructor(sender: FrameSender, projectors: CreateLoadProjector) {
    this.#sender = sender;
    this.#projectors = projectors;
    const noContents = { slots: [], stored: { hostBytes: 0, hostEntries: 0, diskEntries: 0 } };
    const contents = () => this.#loop?.contents() ?? noContents;
    this.#stepReports = new StepReports({ records: this.#meter.steps, contents, sender });
    this.#inbox = new MediaInbox((id, digest) => sender.send({ type: 'media-wanted', id, digest }));
  }

  handle(frame: ParentFrame): void {
    switch (frame.type) {
      case 'load':
        void this.#load(frame.options, frame.loadedMarker);
        break;
      case 'complete':
        this.#answer(frame.id, () => this.#complete(frame.id, frame.request));
        break;
      case 'embed':
        this.#answer(frame.id, () =>
          this.#loaded(this.#embeddings).submit(frame.id, frame.inputs, frame.media),
        );
        break;
      case 'cancel':
        this.#loop?.cancel(frame.id);
        this.#embeddings?.cancel(frame.id);
        this.#longTexts?.cancel(frame.id);
        this.#sender.flush();
        break;
      case 'end-thinking':
        this.#loop?.endThinking(frame.id);
        break;
      case 'media':
        this.#inbox.receive(frame.id, frame.digest, frame.data);
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
        void this.#detokenize(frame);
        break;
      case 'watch':
        this.#stepReports.watch(frame.isWatched);
        break;
      case 'report-held':
        this.#heldReports?.beginAgain();
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
      this.#reports?.send();
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
      const model = await loadModel(bindings, options, {
        onProgress: (fraction) => this.#sender.send({ type: 'load-progress', fraction }),
        onDrafts: () => process.stderr.write(`${draftsMarker(loadedMarker)}\n`),
        functions: {
          prediction: bindPrediction(libraries),
          eagle: bindEagle(libraries),
          onLayout: () => process.stderr.write(`${layoutMarker(loadedMarker)}\n`),
        },
        loadProjector: this.#projectors(libraries),
      });
      const { draft, hiddenStateDraft } = model.speculation;
      const contexts = [model, draft, hiddenStateDraft].flatMap((part) => (part ? [part.context] : []));
      attachThreadPool(libraries, contexts, model.threads);
      this.#tokenizer = model.tokenizer;
      this.#longTexts = new TokenizeQueue(model.tokenizer);
      this.#marks = new TextMarks(bindings, model.tokenizer);
      const heartbeat = new Heartbeat(this.#sender);
      const decoder = new Decoder(bindings, model.context, model.threads, () => heartbeat.step());
      const media = model.media && this.#mediaParts(model.media, () => heartbeat.step());
      if (model.facts.embedding) {
        const { embedding: facts } = model.facts;
        const { context, tokenizer } = model;
        const meter = this.#meter;
        const parts = { bindings, context, tokenizer, decoder, facts, meter, batchSize: options.batchSize };
        this.#embeddings = this.#createEmbeddingLoop({ ...parts, ...(media && { media }) });
      } else {
        const cache = await createPrefixCache(bindings, options, model);
        this.#heldReports = this.#createHeldReports(cache, options);
        const speculation = createSpeculation({
          ...{ bindings, options, model, decoder },
          onStep: () => heartbeat.step(),
        });
        this.#loop = this.#createLoop(bindings, decoder, options, model, { cache, speculation, media });
      }
      if (options.reportsFigures) this.#reports = this.#createReports();
      process.stderr.write(`${loadedMarker}\n`);
      this.#sender.send({ type: 'ready', facts: model.facts });
      this.#heldReports?.changed();
    } catch (error) {
      process.stderr.write(`${loadedMarker}\n`);
      this.#sender.send({ type: 'load-failed', message: messageOf(error) });
    }
  }

  #createLoop(
    bindings: Bindings,
    decoder: Decoder,
    options: LoadOptions,
    { context, tokenizer, outputs }: LoadedModel,
    { cache, speculation, media }: LoopHelpers,
  ): BatchLoop {
    const { contextLength, grammarMatcher } = options;
    const sampling = createSamplerParts(bindings, context, tokenizer, contextLength, grammarMatcher);
    return new BatchLoop(
      {
        ...options,
        ...{ bindings, context, outputs, tokenizer, decoder, sampling, cache, meter: this.#meter },
        guard: new SamplingGuard(),
        ...(speculation && { speculation }),
        ...(media && { media }),
      },
      {
        event: (id, event) => this.#sender.queue({ type: 'event', id, event }),
        failed: (id, code, message) => this.#sender.queue({ type: 'failed', id, code, message }),
        stepEnd: () => this.#endStep(),
      },
    );
  }

  #createHeldReports(cache: PrefixCache, { heldBlocks }: LoadOptions): HeldReports | undefined {
    if (heldBlocks === undefined) return undefined;
    const changes = new HeldChanges(heldBlocks);
    return new HeldReports({ changes, states: () => cache.states, sender: this.#sender });
  }

  #createReports(): FigureReports {
    const take = () => this.#meter.take(this.#loop?.heldTokens ?? 0);
    return new FigureReports({ take, sender: this.#sender });
  }

  #endStep(): void {
    this.#sender.flush();
    this.#reports?.changed();
    this.#stepReports.changed();
    this.#heldReports?.changed();
  }

  #mediaParts({ problem, ...media }: LoadedMedia, onStage: () => void): MediaParts {
    if (problem !== undefined) process.stderr.write(`${problem}\n`);
    return { ...media, inbox: this.#inbox, cacheBytes: ROWS_CACHE_BYTES, onStage };
  }

  #createEmbeddingLoop(parts: EmbeddingLoopParts): EmbeddingLoop {
    return new EmbeddingLoop(parts, {
      embedded: (id, vectors) => this.#sender.queue({ type: 'embeddings', id, vectors }),
      failed: (id, code, message) => this.#sender.queue({ type: 'failed', id, code, message }),
      stepEnd: () => this.#endStep(),
    });
  }

  /** The tokens of a prompt that comes as a text are sent with the first results. */
  #complete(id: number, { prompt, ...request }: CompletionRequest<CompletionPrompt>): void {
    const loop = this.#loaded(this.#loop);
    if (!('text' in prompt)) {
      loop.submit(id, { ...request, prompt });
      return;
    }
    const read = readPrompt({ ...request, prompt }, this.#loaded(this.#tokenizer));
    this.#sender.queue({ type: 'event', id, event: { type: 'tokenized', tokens: read.prompt } });
    loop.submit(id, read);
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

  async #detokenize({
    id,
    tokens,
    skipSpecial,
  }: ParentFrame & { readonly type: 'detokenize' }): Promise<void> {
    try {
      const tokenizer = this.#loaded(this.#tokenizer);
      const text =
        tokens.length <= FEW_TOKENS
          ? tokenizer.detokenize(tokens, skipSpecial)
          : await this.#loaded(this.#longTexts).apart(id, () =>
              tokenizer.detokenizeApart(tokens, skipSpecial),
            );
      this.#sender.send({ type: 'text', id, text });
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

function failureFrame(id: number, error: unknown): ChildFrame {
  return { type: 'failed', id, code: childErrorCode(error), message: messageOf(error) };
}
