import { OllamaError } from '../../base/errors.ts';
import type { AudioFacts } from '../../gguf/projector/audio-facts.ts';
import type { MediaPiece } from '../../protocol/media.ts';
import type { DeclareEncoder, PieceEncoder } from '../media/graph-projector.ts';
import type { AudioFamily } from './encoder.ts';

/** The encoder of sound of one family. */
export function soundEncoder(family: AudioFamily, facts: AudioFacts): DeclareEncoder {
  return (weights, flash): PieceEncoder => {
    const encoder = family({ weights, facts, flash });
    return {
      rowWidth: encoder.rowWidth,
      program: ({ width, height }, data) => {
        if (height !== facts.melBins)
          throw new OllamaError('runner-failed', `sound of ${height} bins does not fit ${facts.melBins}`);
        return encoder.program({ frames: width, bins: height, mel: floatsOf(data) });
      },
      sample: sampleOf(encoder.sampleFrames, facts.melBins),
    };
  };
}

function sampleOf(frames: number, bins: number): PieceEncoder['sample'] {
  const piece: MediaPiece = {
    kind: 'audio',
    digest: '',
    width: frames,
    height: bins,
    tokens: 0,
    positions: 0,
  };
  return { piece, data: new Uint8Array(frames * bins * Float32Array.BYTES_PER_ELEMENT) };
}

/** The bytes may begin anywhere in their buffer, and floats may not. */
function floatsOf(data: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = data;
  if (byteOffset % Float32Array.BYTES_PER_ELEMENT !== 0) return floatsOf(new Uint8Array(data));
  return new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
}
