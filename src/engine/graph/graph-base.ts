import { OllamaError } from '../../base/errors.ts';
import type { MaybePointer, Pointer } from '../native/bindings.ts';
import { elementTypes, type Ggml } from './ggml.ts';
import type { Operations } from './operation-bindings.ts';
import { shapeOf, type Tensor, TensorMemory } from './tensor.ts';

/** Some rows of a value, counted from 0. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Maximum number of nodes of one graph; 27 layers of an encoder take about 700. */
export const MOST_NODES = 4096;

/** An operation whose operands do not fit together; ggml itself would end the process. */
export function misfit(operation: string, ...operands: readonly (Tensor | readonly number[])[]): OllamaError {
  const texts = operands.map((operand) =>
    Array.isArray(operand) ? `[${operand.join(', ')}]` : String(operand),
  );
  return new OllamaError(
    'load-failed',
    `the projector's tensors do not fit: ${operation} of ${texts.join(' and ')}`,
  );
}

/** How to view part of a tensor: lengths, and strides and offset in bytes. */
export interface View {
  readonly shape: readonly number[];
  /** From one element to the next in dimensions 1, 2 and 3; absent = packed. */
  readonly strides?: readonly number[];
  readonly offset?: number;
}

/**
 * A graph of operations under construction, and the operations that only move data. Every operation checks its operands,
 * because weights come from files, and an assertion in ggml would end the process.
 */
export class GraphBase {
  #pointer: Pointer;
  protected readonly ggml: Ggml;
  protected readonly operations: Operations;
  protected readonly memory: TensorMemory;

  constructor(ggml: Ggml) {
    this.ggml = ggml;
    this.operations = ggml.operations;
    this.memory = new TensorMemory(ggml, MOST_NODES, Number(ggml.graphOverhead(MOST_NODES, false)));
    this.#pointer = this.#newGraph();
  }

  /** ggml's graph, for the scheduler. */
  get pointer(): Pointer {
    return this.#pointer;
  }

  /** Begins another graph in the same memory; tensors of the one before must not be used any more. */
  clear(): void {
    this.memory.reset();
    this.#pointer = this.#newGraph();
  }

  #newGraph(): Pointer {
    const pointer = this.ggml.newGraph(this.memory.context, MOST_NODES, false);
    if (pointer !== null) return pointer;
    this.memory.free();
    throw new OllamaError('load-failed', 'ggml made no graph');
  }

  /** Frees the descriptions of all tensors of this graph. */
  free(): void {
    this.memory.free();
  }

  /** Adds a result to the graph, with everything that it depends on. */
  expand(result: Tensor): void {
    this.ggml.expandGraph(this.#pointer, result.pointer);
  }

  /** Makes a node be computed here and not where it is first needed, which keeps nodes of one kind together. */
  order(node: Tensor): void {
    this.ggml.orderGraph(this.#pointer, node.pointer);
  }

  protected make(call: (context: Pointer) => MaybePointer, tensors = 1): Tensor {
    return this.memory.make(() => call(this.memory.context), tensors);
  }

  /** The same values in another shape; `a` must be contiguous. */
  reshape(a: Tensor, ...lengths: number[]): Tensor {
    const shape = shapeOf(lengths);
    if (product(shape) !== a.elements) throw misfit('reshape', a, shape);
    return this.make((context) => this.operations.reshape(context, a.pointer, ...shape));
  }

  /** Puts dimension i of `a` at place `axes[i]`; only the strides change. */
  permute(a: Tensor, ...axes: [number, number, number, number]): Tensor {
    if (!isPlain(a)) throw misfit('permute (quantized)', a);
    return this.make((context) => this.operations.permute(context, a.pointer, ...axes));
  }

  /** Swaps the first two dimensions; only the strides change. */
  transpose(a: Tensor): Tensor {
    if (!isPlain(a)) throw misfit('transpose (quantized)', a);
    return this.make((context) => this.operations.unary('transpose')(context, a.pointer));
  }

  /** A packed copy, in another shape if one is given. */
  cont(a: Tensor, ...lengths: number[]): Tensor {
    const shape = lengths.length === 0 ? a.shape : shapeOf(lengths);
    if (product(shape) !== a.elements) throw misfit('cont', a, shape);
    return this.make((context) => this.operations.contAs(context, a.pointer, ...shape));
  }

  view(a: Tensor, { shape: lengths, strides = [], offset = 0 }: View): Tensor {
    const shape = shapeOf(lengths);
    const element = a.strides[0];
    const first = strides[0] ?? element * shape[0];
    const second = strides[1] ?? first * shape[1];
    const third = strides[2] ?? second * shape[2];
    const spans = [element, first, second, third].map((stride, axis) => stride * ((shape[axis] ?? 1) - 1));
    const end = offset + spans.reduce((sum, span) => sum + span, element);
    const available = a.strides.reduce(
      (sum, stride, axis) => sum + stride * ((a.shape[axis] ?? 1) - 1),
      element,
    );
    if (end > available || Math.min(...shape) < 1) throw misfit('view', a, shape);
    return this.make((context) =>
      this.operations.view(context, a.pointer, ...shape, first, second, third, offset),
    );
  }

  /** Part of a tensor along one dimension; the tensor itself where the part is all of it. */
  slice(a: Tensor, axis: 0 | 1 | 2 | 3, { from, to }: RowRange): Tensor {
    if (from === 0 && to === a.shape[axis]) return a;
    const shape = a.shape.map((length, index) => (index === axis ? to - from : length));
    return this.view(a, { shape, strides: a.strides.slice(1), offset: from * a.strides[axis] });
  }

  /** The same values as 32-bit floats, which most operations require; weights may be stored in other types. */
  protected floats(a: Tensor): Tensor {
    return a.type === elementTypes.f32 ? a : this.cast(a, elementTypes.f32);
  }

  /** Puts tensors of floats after each other along one dimension. */
  concat(a: Tensor, b: Tensor, axis: 0 | 1 | 2 | 3): Tensor {
    if (a.shape.some((length, index) => index !== axis && length !== b.shape[index]))
      throw misfit('concat', a, b);
    const [first, second] = [this.floats(a).pointer, this.floats(b).pointer];
    return this.make((context) => this.operations.concat(context, first, second, axis));
  }

  /** Repeats a tensor up to a shape. */
  repeat(a: Tensor, ...lengths: number[]): Tensor {
    const shape = shapeOf(lengths);
    if (shape.some((length, axis) => length % (a.shape[axis] ?? 1) !== 0)) throw misfit('repeat', a, shape);
    const floats = this.floats(a).pointer;
    return this.make((context) => this.operations.repeat(context, floats, ...shape));
  }

  /** Adds zeros at the end of each dimension. */
  pad(a: Tensor, ...ends: number[]): Tensor {
    const [first = 0, second = 0, third = 0, fourth = 0] = ends;
    return this.make((context) =>
      this.operations.pad(context, a.pointer, 0, first, 0, second, 0, third, 0, fourth),
    );
  }

  /** Adds zeros around: the first and second number are before and behind dimension 0, and so on. */
  padAround(a: Tensor, ...ends: number[]): Tensor {
    const at = (index: number) => ends[index] ?? 0;
    return this.make((context) =>
      this.operations.pad(context, a.pointer, at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)),
    );
  }

  roll(a: Tensor, ...shifts: [number, number, number, number]): Tensor {
    return this.make((context) => this.operations.roll(context, a.pointer, ...shifts));
  }

  /** The rows (dimension 1) that a list of indices names. */
  getRows(a: Tensor, indices: Tensor): Tensor {
    if (indices.type !== elementTypes.i32 || a.shape[2] !== indices.shape[1])
      throw misfit('get_rows', a, indices);
    return this.make((context) => this.operations.binary('get_rows')(context, a.pointer, indices.pointer));
  }

  cast(a: Tensor, type: number): Tensor {
    return this.make((context) => this.operations.cast(context, a.pointer, type));
  }

  /** Copies values into another tensor or a view of it. @returns the target, after the copy */
  copy(values: Tensor, target: Tensor): Tensor {
    if (values.elements !== target.elements) throw misfit('cpy', values, target);
    return this.make((context) => this.operations.binary('cpy')(context, values.pointer, target.pointer));
  }
}

/** Whether elements are stored one by one, and not in quantized blocks. */
export function isPlain({ type }: Tensor): boolean {
  return plainTypes.includes(type);
}

const plainTypes: readonly number[] = Object.values(elementTypes);

function product(shape: readonly number[]): number {
  return shape.reduce((result, length) => result * length, 1);
}
