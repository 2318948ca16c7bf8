import { OllamaError } from '../../base/errors.ts';
import { quote } from '../errors.ts';
import type { ProjectorFacts } from '../projector-facts.ts';
import type { ProjectorType } from './projector-types.ts';

/** What an encoder takes, in messages. */
const senses = { image: 'pictures', audio: 'sound' } as const;
type Sense = keyof typeof senses;

/** The types whose encoder the engine builds (`engine/vision/families.ts`, `engine/audio/families.ts`). */
export const encodedTypes: Readonly<Record<Sense, readonly ProjectorType[]>> = {
  image: [
    'adapter',
    'cogvlm',
    'deepseekocr',
    'dots_ocr',
    'gemma3',
    'gemma4v',
    'glm4v',
    'idefics3',
    'internvl',
    'janus_pro',
    'kimivl',
    'ldp',
    'ldpv2',
    'lfm2',
    'lightonocr',
    'llama4',
    'mlp',
    'nemotron_v2_vl',
    'paddleocr',
    'phi4',
    'pixtral',
    'qwen2vl_merger',
    'qwen2.5vl_merger',
    'qwen3vl_merger',
    'resampler',
  ],
  audio: ['gemma4a', 'qwen2a', 'qwen3a', 'ultravox', 'voxtral'],
};

export interface EncodedSenses {
  readonly image: boolean;
  readonly audio: boolean;
}

/**
 * What the engine can encode with a projector: some files have an encoder for each sense, and only one that is known.
 * @throws OllamaError as `unsupportedProjector`, when it can encode nothing
 */
export function encodedSenses(facts: ProjectorFacts): EncodedSenses {
  const isEncoded = (sense: Sense) => {
    const type = facts[sense]?.type;
    return type !== undefined && encodedTypes[sense].includes(type);
  };
  const encoded = { image: isEncoded('image'), audio: isEncoded('audio') };
  if (encoded.image || encoded.audio) return encoded;
  throw unsupportedProjector(facts);
}

/** Why a projector of which nothing can be encoded is refused: the type of its pictures, or of its sound if it has no others. */
export function unsupportedProjector(facts: ProjectorFacts): OllamaError {
  return unsupportedType(facts, facts.image ? 'image' : 'audio');
}

/** `invalid-request` that names the type of one sense, and the types that the engine encodes. */
export function unsupportedType({ declaredTypes }: ProjectorFacts, sense: Sense): OllamaError {
  const known = encodedTypes[sense].join(', ');
  const what = `encoders of ${senses[sense]} of the type ${quote(declaredTypes[sense] ?? '')}`;
  return new OllamaError('invalid-request', `${what} are not supported; the supported types are ${known}`);
}
