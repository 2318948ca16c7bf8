/** Keeps the canvas of the timeline up to date, one drawing a frame at most, and none while nothing moves. */
import { effect, type Signal, signal } from '@preact/signals';
import { words } from '../../words/words.ts';
import type { Colours } from '../colours.ts';
import type { WindowLength } from '../engine-bar.tsx';
import type { EngineFeed } from '../engine-feed.ts';
import { runName } from '../texts.ts';
import { drawTimeline } from './draw-timeline.ts';
import type { Phase } from './phases.ts';
import { heightOf, type Row, rowsOf, type View } from './timeline-layout.ts';

/** Thirty frames a second: the model may be computing on the same processor. */
const FRAME_MS = 32;
/** With reduced motion the timeline moves in steps of a second. */
const CALM_STEP_MS = 1000;

interface Parts {
  readonly feed: EngineFeed;
  readonly length: Signal<WindowLength>;
  readonly colours: Signal<Colours>;
}

export class TimelineCanvas {
  readonly rows = signal<readonly Row[]>([]);
  /** What the pointer is on. */
  readonly hovered = signal<Phase | undefined>(undefined);
  /** What the keyboard is on. */
  readonly focused = signal<Phase | undefined>(undefined);
  /** Raised by each key, so that the block is read out again with what it is then. */
  readonly moves = signal(0);
  readonly #parts: Parts;
  #canvas: HTMLCanvasElement | undefined;
  #width = 0;
  #laneRevision = -1;
  #revision = -1;
  #drawnTo = 0;
  #isStale = true;
  #drawnAt = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @returns what ends it */
  attach(surface: HTMLElement): () => void {
    this.#canvas = surface.querySelector('canvas') ?? undefined;
    const observer = new ResizeObserver(([entry]) => {
      this.#width = Math.floor(entry?.contentRect.width ?? 0);
      this.#isStale = true;
    });
    observer.observe(surface);
    const dispose = effect(() => {
      const { length, colours } = this.#parts;
      // Whatever changes the drawing besides events and time.
      for (const cause of [length, colours, this.hovered, this.focused, this.rows, words]) cause.value;
      this.#isStale = true;
    });
    let frame = 0;
    const draw = (at: number) => {
      if (at - this.#drawnAt >= FRAME_MS) this.#frame(at);
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      dispose();
      this.#canvas = undefined;
    };
  }

  view(): View {
    const { feed, length } = this.#parts;
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const end = feed.end();
    const to = isCalm ? Math.floor(end / CALM_STEP_MS) * CALM_STEP_MS : end;
    return { from: to - length.value * 1000, to, width: this.#width };
  }

  #frame(at: number): void {
    const { feed, colours } = this.#parts;
    const { history } = feed;
    if (history.laneRevision !== this.#laneRevision) {
      this.#laneRevision = history.laneRevision;
      this.rows.value = rowsOf(history.lanes.values());
    }
    const view = this.view();
    const context = this.#canvas?.getContext('2d');
    if (!this.#canvas || !context || view.width <= 0) return;
    const pixels = (Math.abs(view.to - this.#drawnTo) / (view.to - view.from)) * view.width;
    const hasMoved = pixels * devicePixelRatio >= 1;
    if (!this.#isStale && !hasMoved && this.#revision === history.revision) return;
    this.#isStale = false;
    this.#drawnAt = at;
    this.#drawnTo = view.to;
    this.#revision = history.revision;
    const rows = this.rows.value;
    resize(this.#canvas, context, view.width, heightOf(rows));
    drawTimeline(context, history, colours.value, {
      ...{ rows, view },
      marked: this.hovered.value ?? this.focused.value,
      nameOf: (run) => runName(history.runs.get(run), run),
      scaleLabel: (seconds) =>
        seconds === 0 ? words.value.engine.now : words.value.engine.ago(String(seconds)),
    });
  }
}

/** Gives a canvas the pixels of the screen for its size in CSS pixels. */
function resize(
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
): void {
  const scale = devicePixelRatio;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width === w && canvas.height === h) return;
  canvas.width = w;
  canvas.height = h;
  canvas.style.setProperty('width', `${width}px`);
  canvas.style.setProperty('height', `${height}px`);
  context.setTransform(scale, 0, 0, scale, 0, 0);
}
