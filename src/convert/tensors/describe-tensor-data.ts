/** Derives the shape and type of each `TensorData` from its sources, and refuses trees whose parts do not fit. */
import { OllamaError } from '../../base/errors.ts';
import { type ElementType, elementCount, elementLayout, MXFP4_ELEMENTS } from './element-type.ts';
import type { TensorData } from './tensor-data.ts';

export interface TensorFacts {
  /** Elements per dimension, the slowest first. */
  readonly shape: readonly number[];
  readonly type: ElementType;
}

type Node<Kind extends TensorData['kind']> = Extract<TensorData, { kind: Kind }>;

/** Bytes of one block of a source of 4-bit values: 16 pairs. */
const PAIRS = MXFP4_ELEMENTS / 2;

const describers: { readonly [Kind in TensorData['kind']]: (data: Node<Kind>) => TensorFacts } = {
  source: ({ tensor: { shape, type } }) => ({ shape, type }),
  values: ({ shape, values }) => {
    check(elementCount(shape) === values.length, `${values.length} values do not fill ${text(shape)}`);
    return { shape, type: 'F32' };
  },
  'interleave-heads': ({ heads, of }) => {
    const facts = describeTensorData(of);
    const [rows = 0] = facts.shape;
    const fits = isSize(heads) && heads > 0 && rows % (2 * heads) === 0;
    check(fits, `${rows} rows cannot be the two halves of ${heads} heads: ${text(facts.shape)}`);
    keepsBlocks(facts, 0);
    return facts;
  },
  stack: ({ of }) => {
    const { shape, type } = describeAlike(of, (parts) =>
      parts.every((part) => text(part.shape) === text(parts[0]?.shape ?? [])),
    );
    return { shape: [of.length, ...shape], type };
  },
  concatenate: describeConcatenation,
  slice: describeSlice,
  transpose: ({ axes, of }) => {
    const { shape, type } = describeTensorData(of);
    const isOrder = [...axes].sort((a, b) => a - b).every((axis, index) => axis === index);
    check(axes.length === shape.length && isOrder, `${text(axes)} is not an order of ${text(shape)}`);
    if (axes.at(-1) !== axes.length - 1) keepsBlocks({ shape, type }, shape.length - 1);
    return { shape: axes.map((axis) => shape[axis] ?? 0), type };
  },
  reshape: ({ shape, of }) => {
    const facts = describeTensorData(of);
    const fits = shape.every(isSize) && elementCount(shape) === elementCount(facts.shape);
    check(fits, `${text(facts.shape)} cannot become ${text(shape)}`);
    check(facts.type !== 'MXFP4' || (shape.at(-1) ?? 0) % MXFP4_ELEMENTS === 0, 'a row would cut a block');
    return { shape, type: facts.type };
  },
  affine: ({ factor, offset, of }) => {
    check(
      Number.isFinite(factor) && Number.isFinite(offset),
      `${factor} or ${offset} is not a finite number`,
    );
    return { shape: asNumbers(describeTensorData(of)).shape, type: 'F32' };
  },
  scaled: (data) => {
    const facts = asNumbers(describeTensorData(data.of));
    scaleSteps(facts.shape, asNumbers(describeTensorData(data.scale)).shape, data.block);
    return { shape: facts.shape, type: 'F32' };
  },
  mxfp4: ({ blocks, scales }) => {
    const [pairs, exponents] = [describeTensorData(blocks), describeTensorData(scales)];
    const isBytes = [pairs, exponents].every(({ type }) => type === 'U8' || type === 'F8_E8M0');
    check(isBytes, `4-bit blocks are of type ${pairs.type}, with scales of type ${exponents.type}`);
    const fits = text(pairs.shape) === text([...exponents.shape, PAIRS]);
    check(fits, `4-bit blocks ${text(pairs.shape)} do not fit their scales ${text(exponents.shape)}`);
    const rows = exponents.shape.slice(0, -1);
    return { shape: [...rows, (exponents.shape.at(-1) ?? 0) * MXFP4_ELEMENTS], type: 'MXFP4' };
  },
};

/**
 * Describes what a tree evaluates to, without reading a tensor.
 * @throws OllamaError `invalid-request` naming the sizes that do not fit
 */
export function describeTensorData(data: TensorData): TensorFacts {
  const describe = describers[data.kind] as (data: TensorData) => TensorFacts;
  return describe(data);
}

/** Shape of what a tree evaluates to, the slowest dimension first. @throws OllamaError `invalid-request` */
export function tensorShape(data: TensorData): readonly number[] {
  return describeTensorData(data).shape;
}

/**
 * How many elements of each axis one scale is for. A scale has the leading axes of its tensor; those that it lacks, or
 * has once, share one. With `block`, its last axes are counted in blocks, the last of which may be cut off.
 * @returns 0 for an axis that shares one scale
 */
export function scaleSteps(
  shape: readonly number[],
  scale: readonly number[],
  block: readonly number[] = [],
): number[] {
  if (elementCount(scale) === 1) return shape.map(() => 0);
  const blocked = scale.length - block.length;
  const sizes = shape.map((_, axis) =>
    axis < blocked || axis >= scale.length ? 1 : (block[axis - blocked] ?? 1),
  );
  const isBlock = block.every((size) => isSize(size) && size > 0) && blocked >= 0;
  const fits = shape.every((size, axis) => {
    const count = scale[axis] ?? 1;
    return count === 1 || count === Math.ceil(size / (sizes[axis] ?? 1));
  });
  const what = block.length === 0 ? '' : ` in blocks of ${text(block)}`;
  check(
    isBlock && fits && scale.length <= shape.length,
    `scales ${text(scale)}${what} do not fit a tensor of ${text(shape)}`,
  );
  return shape.map((_, axis) => ((scale[axis] ?? 1) === 1 ? 0 : (sizes[axis] ?? 1)));
}

/** The parts of a tensor, and their type: their own if it is the same, otherwise F32. */
function describeAlike(
  of: readonly TensorData[],
  fits: (parts: readonly TensorFacts[]) => boolean,
): TensorFacts & { readonly parts: readonly TensorFacts[] } {
  const parts = of.map(describeTensorData);
  const [first] = parts;
  if (!first) throw mismatch('a list of tensors is empty');
  check(
    fits(parts),
    `tensors do not fit together: ${text([...new Set(parts.map(({ shape }) => text(shape)))])}`,
  );
  const isUniform = parts.every(({ type }) => type === first.type);
  if (!isUniform) parts.forEach(asNumbers);
  return { shape: first.shape, type: isUniform ? first.type : 'F32', parts };
}

function describeConcatenation({ axis, of }: Node<'concatenate'>): TensorFacts {
  const others = (shape: readonly number[]) => text(shape.map((size, place) => (place === axis ? 0 : size)));
  const { shape, type, parts } = describeAlike(of, (tensors) =>
    tensors.every(
      (part) => axis < part.shape.length && others(part.shape) === others(tensors[0]?.shape ?? []),
    ),
  );
  keepsBlocks({ shape, type }, axis);
  const length = parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0);
  return { shape: shape.map((size, place) => (place === axis ? length : size)), type };
}

function describeSlice({ axis, start, count, step = 1, of }: Node<'slice'>): TensorFacts {
  const facts = describeTensorData(of);
  const length = facts.shape[axis] ?? 0;
  const isRange = [axis, start, count, step].every(isSize) && step > 0;
  const last = count === 0 ? start : start + (count - 1) * step + 1;
  check(isRange && last <= length, `${count} elements from ${start} are not within ${text(facts.shape)}`);
  keepsBlocks(facts, axis);
  return { shape: facts.shape.map((size, place) => (place === axis ? count : size)), type: facts.type };
}

/** @throws where an operation along the axis would cut blocks */
function keepsBlocks({ shape, type }: TensorFacts, axis: number): void {
  const isCut = elementLayout(type).elements > 1 && axis === shape.length - 1;
  check(!isCut, `the rows of a tensor of type ${type} cannot be taken apart`);
}

function asNumbers(facts: TensorFacts): TensorFacts {
  check(facts.type !== 'MXFP4', 'values of 4 bits cannot be computed with');
  return facts;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function text(value: unknown): string {
  return JSON.stringify(value);
}

function check(isRight: boolean, what: string): void {
  if (!isRight) throw mismatch(what);
}

function mismatch(what: string): OllamaError {
  return new OllamaError('invalid-request', what);
}
