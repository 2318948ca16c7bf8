import { OllamaError } from '../../base/errors.ts';
import { elementTypes, type Ggml } from './ggml.ts';
import { Graph } from './graph.ts';
import type { Program } from './program.ts';
import { shapeOf, type Tensor, TensorMemory } from './tensor.ts';

/** More values than any program has names for, in all their shapes. */
const MOST_LEAVES = 4096;

/**
 * Builds all passes of a program without computing anything, so that a file whose tensors do not fit together is refused when
 * it is loaded, and not at the first picture.
 * @throws OllamaError `load-failed` naming the first operation that does not fit
 */
export function checkProgram(ggml: Ggml, program: Program): void {
  const leaves = new TensorMemory(ggml, MOST_LEAVES);
  const graph = new Graph(ggml);
  const values = new Map<string, Tensor>();
  try {
    for (const [name, { shape, data }] of Object.entries(program.inputs))
      values.set(name, leaves.leaf(shape, data instanceof Int32Array ? elementTypes.i32 : elementTypes.f32));
    for (const pass of program.passes) {
      graph.clear();
      const results = pass.build(graph, (name) => valueNamed(values, name), { from: 0, to: pass.rows });
      for (const [name, { shape, type }] of Object.entries(pass.writes)) {
        checkResult(pass.kind, results[name], shapeOf(shape));
        values.set(name, leaves.leaf(shape, type));
      }
    }
  } finally {
    graph.free();
    leaves.free();
  }
}

function valueNamed(values: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const value = values.get(name);
  if (value) return value;
  throw new OllamaError('internal', `the encoder has no value ${name}`);
}

function checkResult(kind: string, result: Tensor | undefined, shape: readonly number[]): void {
  const elements = shape.reduce((product, length) => product * length, 1);
  if (result?.elements === elements) return;
  throw new OllamaError(
    'load-failed',
    `the projector's tensors do not fit: "${kind}" makes ${result}, expected [${shape.join(', ')}]`,
  );
}
