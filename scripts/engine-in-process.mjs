// The engine in this process, without a pipe: for benchmarks that look at its calls, its memory or its processor time.
import { performance } from 'node:perf_hooks';
import koffi from 'koffi';

export const CONTEXT_LENGTH = 2048;

/**
 * Reports every call of a native function that the engine binds from now on. Must be called before the engine is imported.
 * @param report called with the C name of the function, and with the wall time and processor time of the call in milliseconds
 */
export function observeNativeCalls(report) {
  const load = koffi.load;
  koffi.load = (...args) => {
    const library = load(...args);
    return new Proxy(library, {
      get(target, key) {
        if (key !== 'func') return Reflect.get(target, key).bind?.(target) ?? Reflect.get(target, key);
        return (...prototype) => observed(target.func(...prototype), nameOf(prototype), report);
      },
    });
  };
}

/** A prototype is a declaration in C, or begins with the name. */
function nameOf([first]) {
  return /(\w+)\s*(?:\(|$)/.exec(String(first))?.[1] ?? '';
}

function observed(callable, name, report) {
  const begin = () => ({ start: performance.now(), usage: process.cpuUsage() });
  const end = ({ start, usage }) => report(name, performance.now() - start, millisecondsSince(usage));
  const wrapped = (...args) => {
    const begun = begin();
    try {
      return callable(...args);
    } finally {
      end(begun);
    }
  };
  wrapped.async = (...args) => {
    const begun = begin();
    const done = args.pop();
    callable.async(...args, (error, result) => {
      end(begun);
      done(error, result);
    });
  };
  return wrapped;
}

/** Processor time of this process since a value of `process.cpuUsage()`. */
export function millisecondsSince(usage) {
  const { user, system } = process.cpuUsage(usage);
  return (user + system) / 1000;
}

export class Engine {
  #server;
  #nextId = 1;
  #answers = new Map();

  /** @param more options of the load that differ from the usual ones */
  static async load(modelPath, slots, more = {}) {
    const { ModelServer } = await import('../dist/engine/model-server.js');
    const { createLoadProjector } = await import('../dist/engine/media/load-projector.js');
    const { FrameSender } = await import('../dist/engine/frame-sender.js');
    const { FrameDecoder } = await import('../dist/protocol/frame-codec.js');
    const engine = new Engine();
    const decoder = new FrameDecoder();
    const pipe = {
      write(bytes) {
        for (const frame of decoder.push(bytes)) engine.#receive(frame);
      },
    };
    engine.#server = new ModelServer(new FrameSender(pipe), createLoadProjector);
    const options = {
      modelPath,
      contextLength: CONTEXT_LENGTH,
      slots,
      batchSize: 512,
      threads: 0,
      gpuLayers: 0,
      useMmap: true,
      flashAttention: 'auto',
      kvCacheType: 'f16',
      ...more,
    };
    await engine.#ask(0, { type: 'load', options, loadedMarker: '' });
    return engine;
  }

  tokenize(text) {
    const id = this.#nextId++;
    return this.#ask(id, { type: 'tokenize', id, text, addSpecial: true, parseSpecial: true });
  }

  /** @returns the last event of the completion */
  complete(request) {
    const id = this.#nextId++;
    return this.#ask(id, { type: 'complete', id, request });
  }

  #ask(id, frame) {
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.#server.handle(frame);
    });
  }

  #receive(frame) {
    const answer = this.#answers.get(frame.id ?? 0);
    if (frame.type === 'load-failed' || frame.type === 'failed') answer?.reject(new Error(frame.message));
    else if (frame.type === 'ready') answer?.resolve(frame.facts);
    else if (frame.type === 'tokens') answer?.resolve(frame.tokens);
    else if (frame.type === 'event' && frame.event.type === 'done') answer?.resolve(frame.event);
  }
}

/** What every request of these benchmarks has in common. */
export const usualRequest = {
  sampling: {
    temperature: 0.8,
    topK: 40,
    topP: 0.9,
    minP: 0,
    typicalP: 1,
    repeatPenalty: 1,
    repeatLastN: 64,
    presencePenalty: 0,
    frequencyPenalty: 0,
    seed: 1,
  },
  stop: [],
  keep: 4,
  shift: true,
  draftTokens: 0,
};

export const median = (values) =>
  [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)];
