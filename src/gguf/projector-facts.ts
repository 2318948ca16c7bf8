import { metadataFlag, metadataText } from './metadata.ts';
import { oneFileProjector } from './one-file/one-file-projector.ts';
import { type AudioFacts, audioFacts } from './projector/audio-facts.ts';
import { declaredType, type ImageFacts, imageFacts } from './projector/image-facts.ts';
import { type ProjectorType, projectorType } from './projector/projector-types.ts';
import { byName, type ProjectorTensor, type ProjectorView, tensorAs } from './projector/projector-view.ts';
import { rowWidth } from './projector/row-width.ts';
import type { GgufFile } from './types.ts';

/** What a projector is: an mmproj file, or the encoders inside one of Ollama's one-file models. */
export interface ProjectorFacts {
  /** The type that llama.cpp knows, of pictures before that of sound; undefined for another. */
  readonly type: ProjectorType | undefined;
  /** The types' names in the file, or the architecture of a one-file model whose encoders are not known. */
  readonly declaredTypes: { readonly image?: string | undefined; readonly audio?: string | undefined };
  readonly hasVision: boolean;
  readonly hasAudio: boolean;
  readonly image?: ImageFacts;
  readonly audio?: AudioFacts;
  /** Values per row, deep-stack rows included; 0 when the file lacks the tensor that decides it. */
  readonly rowWidth: number;
  /** Total bytes of the tensors. */
  readonly tensorBytes: number;
  /** The tensors by the names of mmproj files. */
  readonly tensors: ReadonlyMap<string, ProjectorTensor>;
}

/** Interprets a header; undefined for a file without encoders. Never throws: any key may be missing or of another type. */
export function projectorFacts(file: GgufFile): ProjectorFacts | undefined {
  const view = viewOf(file);
  if (!view) return undefined;
  const { metadata, tensors } = view;
  const hasVision = metadataFlag(metadata, 'clip.has_vision_encoder') === true;
  const hasAudio = metadataFlag(metadata, 'clip.has_audio_encoder') === true;
  const names = {
    vision: hasVision ? (declaredType(metadata, 'vision') ?? olderType(metadata)) : undefined,
    audio: hasAudio ? declaredType(metadata, 'audio') : undefined,
  };
  const types = {
    vision: names.vision === undefined ? undefined : projectorType(names.vision, 'vision'),
    audio: names.audio === undefined ? undefined : projectorType(names.audio, 'audio'),
  };
  const image = hasVision ? imageFacts(view, types.vision) : undefined;
  const type = hasVision ? types.vision : types.audio;
  return {
    type,
    declaredTypes: { image: names.vision, audio: names.audio },
    hasVision,
    hasAudio,
    ...(image && { image }),
    ...(hasAudio && { audio: audioFacts(view, types.audio) }),
    rowWidth: rowWidth(type, tensors, image?.deepstackBlocks.length ?? 0),
    tensorBytes: [...tensors.values()].reduce((total, tensor) => total + tensor.byteSize, 0),
    tensors,
  };
}

/** The first projectors, of LLaVA and BakLLaVA, name no type. */
function olderType(metadata: GgufFile['metadata']): string | undefined {
  return metadataText(metadata, 'general.architecture') === 'clip' ? 'mlp' : undefined;
}

function viewOf(file: GgufFile): ProjectorView | undefined {
  const { metadata } = file;
  const isProjector = ['vision', 'audio'].some(
    (sense) => metadataFlag(metadata, `clip.has_${sense}_encoder`) === true,
  );
  if (!isProjector) return oneFileProjector(file);
  return { metadata, tensors: byName(file.tensors.map((tensor) => tensorAs(tensor.name, tensor, file))) };
}
