import { performance } from 'node:perf_hooks';
import type { Message, Tool } from '../../api/common.ts';
import type { MessageShape } from './message-shape.ts';
import { isOverLimit } from './over-limit.ts';

interface ProbeOptions {
  readonly tools?: readonly Tool[];
  readonly think?: boolean;
}

/** Renders a conversation that is shaped already. Throws where the template refuses it or fails. */
export type ProbeRender = (
  messages: readonly Message[],
  shape: MessageShape,
  options?: ProbeOptions,
) => string;

/** For all probes of a template, which take tens of milliseconds. One more rendering must fit into the time of a worker. */
const LONGEST_MS = 4000;

/** Renders conversations of recognizable texts, and looks for these in the prompts. */
export class Prober {
  readonly #render: ProbeRender;
  readonly #deadline = performance.now() + LONGEST_MS;
  #hasRendered = false;
  #isStopped = false;

  constructor(render: ProbeRender) {
    this.#render = render;
  }

  /** Whether the probes have taken so long that what is not known yet is left at the standard. */
  get isOver(): boolean {
    return this.#isStopped || performance.now() > this.#deadline;
  }

  /**
   * @returns undefined where the template refuses the conversation or fails
   * @throws the error of a template that exceeds its limits with its first probe: it cannot be used
   */
  text(messages: readonly Message[], shape: MessageShape, options: ProbeOptions = {}): string | undefined {
    if (this.isOver) return undefined;
    try {
      const text = this.#render(messages, shape, options);
      this.#hasRendered = true;
      return text;
    } catch (error) {
      if (!isOverLimit(error)) return undefined;
      if (!this.#hasRendered) throw error;
      this.#isStopped = true;
      return undefined;
    }
  }

  /** Whether the prompt has all of these texts in order. */
  writes(messages: readonly Message[], shape: MessageShape, texts: readonly string[]): boolean {
    const text = this.text(messages, shape);
    return text !== undefined && areInOrder(text, texts);
  }
}

export function areInOrder(text: string, parts: readonly string[]): boolean {
  let from = 0;
  return parts.every((part) => {
    const at = text.indexOf(part, from);
    from = at + part.length;
    return at >= 0;
  });
}
