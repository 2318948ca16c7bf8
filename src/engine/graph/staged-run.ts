import { OllamaError } from '../../base/errors.ts';
import { callAsync } from '../native/bindings.ts';
import type { Backends, Schedule } from './backends.ts';
import { elementTypes, type Ggml, statuses } from './ggml.ts';
import { Graph } from './graph.ts';
import type { Pace } from './pace.ts';
import type { Pass, Program, ValueSpec } from './program.ts';
import { nextStage, type StageLimits, type StagePart } from './stage-plan.ts';
import type { StageThreads } from './stage-threads.ts';
import type { Tensor } from './tensor.ts';
import { ValueStore } from './value-store.ts';

/** What computes programs. */
export interface RunParts {
  readonly ggml: Ggml;
  readonly backends: Backends;
  readonly pace: Pace;
  readonly threads: Pick<StageThreads, 'measure'>;
  readonly limits: StageLimits;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
}

/** What a run took. */
export interface RunReport {
  readonly stages: number;
  /** Milliseconds for the construction of all graphs. */
  readonly buildMs: number;
  /** Milliseconds of the longest stage. */
  readonly longestMs: number;
  /** Most bytes of values and of graphs at a time. */
  readonly bytes: number;
}

/** Lets others compute between two stages. @returns whether nobody did, so that the next stage may be longer */
export type Pause = () => Promise<boolean>;

/** A value that a stage wrote, and where it goes. */
interface Written {
  readonly spec: ValueSpec;
  readonly tensor: Tensor;
}

/**
 * Computes a program in stages of bounded cost; between two of them it awaits `pause`. Everything that it allocated is freed
 * when it ends, also by an error.
 * @throws OllamaError `runner-failed` when a stage fails; whatever `pause` throws
 */
export async function runInStages(
  program: Program,
  parts: RunParts,
  pause: Pause,
): Promise<{ readonly rows: Float32Array; readonly report: RunReport }> {
  const run = new StagedRun(program, parts);
  try {
    let isAlone = false;
    while (await run.computeStage(isAlone)) isAlone = await pause();
    return { rows: run.result(), report: run.report };
  } finally {
    run.free();
  }
}

class StagedRun {
  readonly #program: Program;
  readonly #parts: RunParts;
  readonly #store: ValueStore;
  readonly #schedule: Schedule;
  /** All stages use its memory in turn. */
  readonly #graph: Graph;
  #at = { pass: 0, row: 0 };
  #pending: ReadonlyMap<string, Tensor> = new Map();
  #stages = 0;
  #buildMs = 0;
  #longestMs = 0;

  constructor(program: Program, parts: RunParts) {
    this.#program = program;
    this.#parts = parts;
    this.#store = new ValueStore(parts.ggml, parts.backends.main);
    this.#graph = new Graph(parts.ggml);
    this.#schedule = parts.backends.newSchedule();
    try {
      for (const [name, input] of Object.entries(program.inputs)) {
        const type = input.data instanceof Int32Array ? elementTypes.i32 : elementTypes.f32;
        this.#store.setInput(name, input, type);
      }
    } catch (error) {
      this.free();
      throw error;
    }
  }

  get report(): RunReport {
    return {
      stages: this.#stages,
      buildMs: this.#buildMs,
      longestMs: this.#longestMs,
      bytes: this.#store.bytes + this.#schedule.bytes,
    };
  }

  /**
   * @param isAlone whether nobody else waits
   * @returns whether there is more to compute
   */
  async computeStage(isAlone: boolean): Promise<boolean> {
    const { passes } = this.#program;
    const { pace, limits, now } = this.#parts;
    const start = now();
    const seconds = isAlone ? (limits.aloneSeconds ?? limits.seconds) : limits.seconds;
    const stage = nextStage(passes, this.#at, pace, { ...limits, seconds });
    const graph = this.#graph;
    graph.clear();
    const finish = this.#build(graph, stage);
    const schedule = this.#schedule.allocate(graph.pointer);
    const built = now();
    const compute = () => callAsync(this.#parts.ggml.compute, schedule, graph.pointer);
    const status = await this.#parts.threads.measure(compute);
    if (status !== statuses.success)
      throw new OllamaError('runner-failed', `the encoder of pictures and sound failed (${status})`);
    finish();
    const end = now();
    this.#stages++;
    this.#buildMs += built - start;
    this.#longestMs = Math.max(this.#longestMs, end - start);
    pace.learn(this.#workOf(stage), (end - start) / 1000);
    const last = stage.at(-1);
    if (last) this.#at = this.#after(last);
    return this.#at.pass < passes.length;
  }

  result(): Float32Array {
    return this.#store.read(this.#program.output);
  }

  free(): void {
    this.#graph.free();
    this.#schedule.free();
    this.#store.free();
  }

  #pass(index: number): Pass {
    const pass = this.#program.passes[index];
    if (pass === undefined) throw new OllamaError('internal', `the encoder has no pass ${index}`);
    return pass;
  }

  /** Builds the nodes of a stage. @returns what to do once they are computed */
  #build(graph: Graph, stage: readonly StagePart[]): () => void {
    const [first] = stage;
    if (first === undefined) throw new OllamaError('internal', 'a stage of the encoder is empty');
    const isWhole = first.rows.from === 0 && first.rows.to === this.#pass(first.pass).rows;
    return isWhole ? this.#buildWhole(graph, stage) : this.#buildPart(graph, first);
  }

  #buildWhole(graph: Graph, stage: readonly StagePart[]): () => void {
    const written = new Map<string, Written>();
    const dropped = new Set<string>();
    for (const { pass: index, rows } of stage) {
      const pass = this.#pass(index);
      const values = (name: string) => written.get(name)?.tensor ?? this.#store.get(name);
      const results = pass.build(graph, values, rows);
      for (const [name, spec] of Object.entries(pass.writes)) {
        written.set(name, { spec, tensor: resultOf(results, name) });
        dropped.delete(name);
      }
      for (const name of pass.drops ?? []) {
        written.delete(name);
        dropped.add(name);
      }
    }
    const targets = new Map<string, Tensor>();
    for (const [name, { spec, tensor }] of written) {
      const target = this.#store.target(name, spec);
      graph.expand(graph.copy(tensor, target));
      targets.set(name, target);
    }
    return () => {
      for (const [name, target] of targets) this.#store.replace(name, target);
      for (const name of dropped) this.#store.drop(name);
    };
  }

  #buildPart(graph: Graph, { pass: index, rows }: StagePart): () => void {
    const pass = this.#pass(index);
    const results = pass.build(graph, (name) => this.#store.get(name), rows);
    const targets = new Map<string, Tensor>();
    for (const [name, spec] of Object.entries(pass.writes)) {
      const target = this.#pending.get(name) ?? this.#store.target(name, spec);
      const each = (spec.shape[spec.rowAxis] ?? 1) / pass.rows;
      const place = { from: rows.from * each, to: rows.to * each };
      graph.expand(graph.copy(resultOf(results, name), graph.slice(target, spec.rowAxis, place)));
      targets.set(name, target);
    }
    this.#pending = targets;
    return () => {
      if (rows.to < pass.rows) return;
      for (const [name, target] of targets) this.#store.replace(name, target);
      for (const name of pass.drops ?? []) this.#store.drop(name);
      this.#pending = new Map();
    };
  }

  #after({ pass, rows }: StagePart): { pass: number; row: number } {
    return rows.to < this.#pass(pass).rows ? { pass, row: rows.to } : { pass: pass + 1, row: 0 };
  }

  #workOf(stage: readonly StagePart[]) {
    return stage.map(({ pass: index, rows }) => {
      const { kind, work } = this.#pass(index);
      return { kind, multiplications: (rows.to - rows.from) * work };
    });
  }
}

function resultOf(results: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const result = results[name];
  if (result) return result;
  throw new OllamaError('internal', `a pass of the encoder did not compute ${name}`);
}
