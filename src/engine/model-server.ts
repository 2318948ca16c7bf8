import { messageOf, OllamaError } from '../base/errors.ts';
import type { ChildErrorCode, LoadOptions, ParentFrame } from '../runner/protocol.ts';
import { BatchLoop } from './batching/batch-loop.ts';
import { Decoder } from './batching/decoder.ts';
import { createPrefixCache } from './cache/create.ts';
import type { PrefixCache } from './cache/prefix-cache.ts';
import type { FrameSender } from './frame-sender.ts';
import { type LoadedModel, loadModel } from './loaded-model.ts';
import { bindFunctions } from './native/bindings.ts';
import { loadLibraries } from './native/libraries.ts';
import { selfTest } from './native/self-test.ts';
import { CandidateList } from './sampling/candidate-list.ts';
import type { Tokenizer } from './text/tokenizer.ts';

/** Answers the parent's frames: loads the one model, then completes, tokenizes and detokenizes. */
export class ModelServer {
  readonly #sender: FrameSender;
  #loop: BatchLoop | undefined;
  #tokenizer: Tokenizer | undefined;
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
      case 'cancel':
        this.#loop?.cancel(frame.id);
        this.#sender.flush();
        break;
      case 'tokenize':
        this.#answer(frame.id, () => {
          const tokens = this.#loaded(this.#tokenizer).tokenize(
            frame.text,
            frame.addSpecial,
            frame.parseSpecial,
          );
          this.#sender.send({ type: 'tokens', id: frame.id, tokens });
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

  /** Ends the process, once what the cache holds is saved. Asked twice, as by a signal to the group, it ends once. */
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
      const bindings = bindFunctions(loadLibraries());
      selfTest(bindings);
      const model = await loadModel(bindings, options, (fraction) => {
        this.#sender.send({ type: 'load-progress', fraction });
      });
      this.#tokenizer = model.tokenizer;
      const cache = await createPrefixCache(bindings, options, model);
      this.#loop = this.#createLoop(bindings, options, model, cache);
      process.stderr.write(`${loadedMarker}\n`);
      this.#sender.send({ type: 'ready', facts: model.facts });
    } catch (error) {
      this.#sender.send({ type: 'load-failed', message: messageOf(error) });
    }
  }

  #createLoop(
    bindings: ReturnType<typeof bindFunctions>,
    options: LoadOptions,
    { context, threads, tokenizer }: LoadedModel,
    cache: PrefixCache,
  ): BatchLoop {
    const sampling = {
      bindings,
      context,
      vocabulary: tokenizer.vocabulary,
      vocabularySize: tokenizer.size,
      contextLength: options.contextLength,
      candidates: new CandidateList(tokenizer.size),
    };
    const { slots, contextLength, batchSize } = options;
    return new BatchLoop(
      {
        bindings,
        context,
        tokenizer,
        slots,
        contextLength,
        batchSize,
        decoder: new Decoder(bindings, context, threads),
        sampling,
        cache,
      },
      {
        event: (id, event) => this.#sender.queue({ type: 'event', id, event }),
        failed: (id, code, message) => this.#sender.queue({ type: 'failed', id, code, message }),
        stepEnd: () => this.#sender.flush(),
      },
    );
  }

  /** Whatever goes wrong with a request is the request's answer, never the end of the process. */
  #answer(id: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#sender.send({ type: 'failed', id, code: childCodeOf(error), message: messageOf(error) });
    }
  }

  #loaded<T>(part: T | undefined): T {
    if (part === undefined) throw new OllamaError('runner-failed', 'no model is loaded yet');
    return part;
  }
}

function childCodeOf(error: unknown): ChildErrorCode {
  if (!(error instanceof OllamaError)) return 'runner-failed';
  return error.code === 'invalid-request' || error.code === 'prompt-too-long' ? error.code : 'runner-failed';
}
