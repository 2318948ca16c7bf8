import { createHash } from 'node:crypto';
import { OllamaError } from '../../base/errors.ts';
import { checkProjector } from '../../gguf/projector/check-projector.ts';
import type { ProjectorType } from '../../gguf/projector/projector-types.ts';
import type { ProjectorFacts } from '../../gguf/projector-facts.ts';
import type { MediaPiece, PreparedPart } from '../../protocol/media.ts';
import { gemma4Mel, qwen3Mel, whisperMel } from '../audio/mel/families.ts';
import type { MelSpectrum } from '../audio/mel/mel-spectrum.ts';
import { audioRows } from './audio-rows.ts';

/** How the projector of one family wants sound. */
export interface AudioLayout {
  /** @param samples at 16 kHz, one channel; at least one */
  readonly prepareSound: (samples: Float32Array) => PreparedPart[];
}

interface Family {
  readonly before?: string;
  readonly after?: string;
  readonly spectrum: (samples: Float32Array, bins: number) => MelSpectrum[];
}

/** `init_audio` in tools/mtmd/mtmd.cpp of the shipped llama.cpp. */
const families: Partial<Record<ProjectorType, Family>> = {
  ultravox: { spectrum: whisperMel },
  voxtral: { before: '[BEGIN_AUDIO]', spectrum: whisperMel },
  qwen2a: { before: '<|audio_bos|>', after: '<|audio_eos|>', spectrum: whisperMel },
  qwen3a: { before: '<|audio_start|>', after: '<|audio_end|>', spectrum: qwen3Mel },
  gemma4a: { before: '<|audio>', after: '<audio|>', spectrum: gemma4Mel },
};

/** The types of projectors whose sound can be prepared. */
const audioLayoutTypes: readonly ProjectorType[] = Object.keys(families) as ProjectorType[];

/**
 * How a projector wants its sound.
 * @throws OllamaError `invalid-request` for a projector without an encoder of sound, one of another family than
 * `audioLayoutTypes`, and one that `checkProjector` refuses
 */
export function audioLayoutFor(facts: ProjectorFacts): AudioLayout {
  checkProjector(facts);
  const { audio } = facts;
  if (!audio) throw new OllamaError('invalid-request', 'this model takes no sound');
  const family = audio.type && families[audio.type];
  if (!family) {
    const known = audioLayoutTypes.join(', ');
    const message = `sound for projectors of the type ${audio.type} is not supported; the supported types are ${known}`;
    throw new OllamaError('invalid-request', message);
  }
  return {
    prepareSound: (samples) => {
      const pieces = family
        .spectrum(samples, audio.melBins)
        .map((mel) => partOf(mel, audioRows(mel.frames, audio)));
      const text = (words: string | undefined) => (words === undefined ? [] : [{ text: words }]);
      return [...text(family.before), ...pieces, ...text(family.after)];
    },
  };
}

function partOf({ frames, bins, data: values }: MelSpectrum, tokens: number): PreparedPart {
  if (tokens < 1) throw new OllamaError('invalid-request', 'the sound is too short for this model');
  const data = bytesOf(values);
  const head = JSON.stringify(['audio', frames, bins, tokens]);
  const piece: MediaPiece = {
    kind: 'audio',
    digest: createHash('sha256').update(head).update(data).digest('hex'),
    width: frames,
    height: bins,
    tokens,
    positions: tokens,
  };
  return { piece, data };
}

/** Pieces are little-endian, as are all machines that the engine runs on. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
