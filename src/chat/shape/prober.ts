import { performance } from 'node:perf_hooks';
import type { Message, Tool } from '../../api/common.ts';
import type { MessageShape } from './message-shape.ts';

/** Renders a conversation that is shaped already. Throws where the template refuses it or fails. */
export type ProbeRender = (
  messages: readonly Message[],
  tools: readonly Tool[],
  shape: MessageShape,
) => string;

/** For all probes of a template, which take tens of milliseconds. One more rendering must fit into the time of a worker. */
const LONGEST_MS = 4000;

/** Renders conversations of recognizable texts, and looks for these in the prompts. */
export class Prober {
  readonly #render: ProbeRender;
  readonly #deadline = performance.now() + LONGEST_MS;

  constructor(render: ProbeRender) {
    this.#render = render;
  }

  /** Whether the template took so long that what is not known yet is left at the standard. */
  get isOver(): boolean {
    return performance.now() > this.#deadline;
  }

  /** @returns undefined where the template refuses the conversation or fails */
  text(messages: readonly Message[], shape: MessageShape, tools: readonly Tool[] = []): string | undefined {
    try {
      return this.#render(messages, tools, shape);
    } catch {
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
