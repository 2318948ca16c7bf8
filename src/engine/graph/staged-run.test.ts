import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countedGgml } from '../../../test/fakes/media/counted-ggml.ts';
import { OllamaError } from '../../base/errors.ts';
import { loadLibraries } from '../native/libraries.ts';
import { Backends } from './backends.ts';
import { bindGgml, checkLayout, elementTypes, type Ggml } from './ggml.ts';
import { Pace } from './pace.ts';
import type { Pass, Program } from './program.ts';
import type { StageLimits } from './stage-plan.ts';
import { type RunParts, runInStages } from './staged-run.ts';

const WIDTH = 8;
const ROWS = 12;
const atOnce: StageLimits = { seconds: 1e6, bytes: 1e9 };
const rowByRow: StageLimits = { seconds: 1e6, bytes: 1 };
const spec = { shape: [WIDTH, ROWS], type: elementTypes.f32, rowAxis: 1 } as const;

/** hidden = input, then hidden = 2 hidden + hidden[all rows summed], twice: each pass reads rows that others replace. */
function program(): Program {
  const data = Float32Array.from({ length: WIDTH * ROWS }, (_, index) => (index % 7) - 3);
  const first: Pass = {
    kind: 'first',
    rows: ROWS,
    work: WIDTH,
    rowBytes: 4 * WIDTH,
    writes: { hidden: spec },
    drops: ['input'],
    build: (graph, get, rows) => ({ hidden: graph.slice(get('input'), 1, rows) }),
  };
  const mix: Pass = {
    kind: 'mix',
    rows: ROWS,
    work: WIDTH,
    rowBytes: 4 * WIDTH,
    writes: { hidden: spec },
    build: (graph, get, rows) => {
      const sums = graph.unary('sum_rows', graph.cont(graph.transpose(get('hidden'))));
      const own = graph.scale(graph.cont(graph.slice(get('hidden'), 1, rows)), 2);
      return { hidden: graph.add(own, graph.reshape(sums, WIDTH)) };
    },
  };
  return { inputs: { input: { shape: [WIDTH, ROWS], data } }, passes: [first, mix, mix], output: 'hidden' };
}

function expected(): number[] {
  let hidden = Object.values(program().inputs).flatMap(({ data }) => [...data]);
  for (let round = 0; round < 2; round++) {
    const sums = Array.from({ length: WIDTH }, (_, column) =>
      hidden.reduce((sum, value, at) => (at % WIDTH === column ? sum + value : sum), 0),
    );
    hidden = hidden.map((value, at) => 2 * value + (sums[at % WIDTH] ?? 0));
  }
  return hidden;
}

describe('runInStages', () => {
  let library: Ggml;
  let counted: ReturnType<typeof countedGgml>;
  let backends: Backends;
  let clock = 0;

  const parts = (limits: StageLimits, ggml = counted.ggml): RunParts => ({
    threads: { measure: (compute) => compute() },
    ggml,
    backends,
    pace: new Pace(),
    limits,
    now: () => clock++,
  });
  const nothingHeld = { init: 0, allocateContext: 0, newSchedule: 0, cpuBackend: 1 };

  beforeAll(() => {
    library = bindGgml(loadLibraries());
    counted = countedGgml(library);
    backends = new Backends(counted.ggml, { threads: 1 });
  });
  afterAll(() => backends.free());

  it('has the layouts of this version of the library', () => {
    expect(() => checkLayout(library)).not.toThrow();
  });

  it('computes the same in one graph and row by row', async () => {
    const pauses = { once: 0, rows: 0 };
    const whole = await runInStages(program(), parts(atOnce), async () => pauses.once++ < 0);
    const cut = await runInStages(program(), parts(rowByRow), async () => pauses.rows++ < 0);
    expect([...whole.rows]).toEqual(expected());
    expect([...cut.rows]).toEqual(expected());
    expect(whole.report.stages).toBe(1);
    expect(cut.report.stages).toBe(3 * ROWS);
    expect(pauses).toEqual({ once: 0, rows: 3 * ROWS - 1 });
    expect(counted.held()).toEqual(nothingHeld);
  });

  it('computes longer stages while nobody else waits', async () => {
    const limits: StageLimits = { seconds: 1e-12, aloneSeconds: 1e6, bytes: 1e9 };
    let pauses = 0;
    const { rows, report } = await runInStages(program(), parts(limits), async () => ++pauses === 3);
    expect([...rows]).toEqual(expected());
    // Three rows, then the other rows of the pass, and then row by row again.
    expect(report.stages).toBe(3 + 1 + 2 * ROWS);
  });

  it('frees everything when the pause throws, as it does for a canceled request', async () => {
    const canceled = new OllamaError('canceled', 'request canceled');
    let pauses = 0;
    const run = runInStages(program(), parts(rowByRow), async () => {
      if (++pauses === 15) throw canceled;
      return false;
    });
    await expect(run).rejects.toBe(canceled);
    expect(counted.held()).toEqual(nothingHeld);
  });

  it('frees everything when a stage fails', async () => {
    const compute = Object.assign(() => -1, {
      async: (...given: unknown[]) => (given.at(-1) as (error: null, status: number) => void)(null, -1),
    });
    const ggml = { ...counted.ggml, compute: compute as unknown as Ggml['compute'] };
    await expect(runInStages(program(), parts(atOnce, ggml), async () => false)).rejects.toThrow(
      'failed (-1)',
    );
    expect(counted.held()).toEqual(nothingHeld);
  });

  it('frees everything when operands do not fit, and says which', async () => {
    const broken: Program = {
      ...program(),
      passes: [
        {
          kind: 'broken',
          rows: 1,
          work: 1,
          rowBytes: 1,
          writes: { hidden: spec },
          build: (graph, get) => ({ hidden: graph.matmul(graph.reshape(get('input'), 6, 16), get('input')) }),
        },
      ],
    };
    await expect(runInStages(broken, parts(atOnce), async () => false)).rejects.toThrow(
      "the projector's tensors do not fit: mul_mat of [6, 16, 1, 1] and [8, 12, 1, 1]",
    );
    expect(counted.held()).toEqual(nothingHeld);
  });
});
