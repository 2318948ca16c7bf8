import { describeTensorData } from '../describe-tensor-data.ts';
import type { TensorData } from '../tensor-data.ts';
import { affineReader, mxfp4Reader } from './computed-readers.ts';
import type { ElementReader, ReaderParts } from './element-reader.ts';
import { InterleaveReader } from './interleave-reader.ts';
import { JoinedReader } from './joined-readers.ts';
import { NumberReader } from './number-reader.ts';
import { ScaledReader } from './scaled-reader.ts';
import { SliceReader } from './slice-reader.ts';
import { sourceReader, valuesReader } from './source-reader.ts';
import { TransposeReader } from './transpose-reader.ts';

/** Creates the reader of a tree that `describeTensorData` accepts. */
export function createReader(data: TensorData, parts: ReaderParts): ElementReader {
  switch (data.kind) {
    case 'source':
      return sourceReader(data, parts);
    case 'values':
      return valuesReader(data);
    case 'interleave-heads':
      return new InterleaveReader(createReader(data.of, parts), data.heads, parts.scratch);
    case 'stack':
      return joinedReader(data, 0, parts);
    case 'concatenate':
      return joinedReader(data, data.axis, parts);
    case 'slice':
      return createSlice(data, parts);
    case 'transpose':
      return new TransposeReader(
        createReader(data.of, { ...parts, tile: parts.tile.below }),
        data.axes,
        parts,
      );
    case 'reshape':
      return reshaped(createReader(data.of, parts), data.shape);
    case 'affine':
      return affineReader(createReader(data.of, parts), data, parts);
    case 'scaled':
      return new ScaledReader(
        createReader(data.of, parts),
        createReader(data.scale, parts),
        data.block,
        parts,
      );
    case 'mxfp4':
      return mxfp4Reader(createReader(data.blocks, parts), createReader(data.scales, parts), parts);
  }
}

type Node<Kind extends TensorData['kind']> = Extract<TensorData, { kind: Kind }>;

function joinedReader(data: Node<'stack' | 'concatenate'>, axis: number, parts: ReaderParts): ElementReader {
  const facts = describeTensorData(data);
  const readers = data.of
    .map((part) => createReader(part, parts))
    .map((reader) => (reader.type === facts.type ? reader : new NumberReader(reader, parts)));
  return new JoinedReader(readers, axis, facts);
}

/** A slice of a transposed tensor is read as the transposed slice, so that tiles hold only what is needed. */
function createSlice({ axis, start, count, step = 1, of }: Node<'slice'>, parts: ReaderParts): ElementReader {
  if (of.kind !== 'transpose')
    return new SliceReader(createReader(of, parts), { axis, start, count, step }, parts.scratch);
  const inner = { kind: 'slice', axis: of.axes[axis] ?? 0, start, count, step, of: of.of } as const;
  return createReader({ kind: 'transpose', axes: of.axes, of: inner }, parts);
}

function reshaped(of: ElementReader, shape: readonly number[]): ElementReader {
  return { shape, type: of.type, read: (start, count, target) => of.read(start, count, target) };
}
