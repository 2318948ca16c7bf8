/** How far a pull is, from the lines that the server sends. */
import type { ProgressResponse } from '../../../api/common.ts';

interface LayerState {
  readonly total: number;
  readonly completed: number;
}

export interface PullState {
  readonly status: string;
  readonly layers: ReadonlyMap<string, LayerState>;
  /** When so many bytes had arrived in this pull, in milliseconds and bytes, oldest first. */
  readonly samples: readonly { readonly at: number; readonly bytes: number }[];
  /** Bytes that this pull has fetched, without those that were there before. */
  readonly fetched: number;
}

/** Short enough to follow the line, and long enough for a steady number. */
const WINDOW_MS = 5000;

export const beginning: PullState = { status: '', layers: new Map(), samples: [], fetched: 0 };

/** @param now milliseconds of any clock */
export function afterLine(state: PullState, line: ProgressResponse, now: number): PullState {
  const { status, digest, total } = line;
  if (digest === undefined || total === undefined) return { ...state, status };
  const completed = Math.min(line.completed ?? 0, total);
  const before = state.layers.get(digest);
  // The first line of a file tells what an earlier pull has left: that says nothing about the speed of this one.
  const news = before ? Math.max(0, completed - before.completed) : 0;
  const fetched = state.fetched + news;
  const layers = new Map(state.layers).set(digest, { total, completed });
  const recent = state.samples.filter(({ at }) => at >= now - WINDOW_MS);
  return { status, layers, fetched, samples: [...recent, { at: now, bytes: fetched }] };
}

export interface PullFigures {
  /** Bytes. */
  readonly completed: number;
  readonly total: number;
  /** Bytes per second; undefined = not known yet. */
  readonly rate?: number;
  /** Seconds; undefined = not known. */
  readonly left?: number;
}

/** @param expected bytes of all files, if an estimate has named them: the server names each when its turn comes */
export function figuresOf({ layers, samples }: PullState, expected = 0): PullFigures {
  const all = [...layers.values()];
  const completed = all.reduce((sum, layer) => sum + layer.completed, 0);
  const total = Math.max(
    expected,
    all.reduce((sum, layer) => sum + layer.total, 0),
  );
  const [first] = samples;
  const last = samples.at(-1);
  const seconds = first && last ? (last.at - first.at) / 1000 : 0;
  if (!first || !last || seconds < 0.5) return { completed, total };
  const rate = (last.bytes - first.bytes) / seconds;
  return { completed, total, rate, ...(rate > 0 && { left: (total - completed) / rate }) };
}
