import { OllamaError } from '../../base/errors.ts';
import { metadataText } from '../metadata.ts';
import { type ProjectorTensor, tensorAs } from '../projector/projector-view.ts';
import type { GgufFile, GgufTensor, GgufValue } from '../types.ts';
import { oneFileFamilies } from './families.ts';
import { renamed, type TextRules, usualPrefixes } from './family.ts';
import { isEncoderTensor } from './one-file-projector.ts';
import { text } from './values.ts';

/** A language model as llama.cpp reads it, its bytes still in the file that it comes from. */
export interface TextPart {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly ProjectorTensor[];
}

/** Architectures that only Ollama's former engine ran, and what they are. */
const refused: Readonly<Record<string, string>> = {
  mllama: 'Llama 3.2 Vision, whose text layers attend to pictures',
  nemotron_h_omni: 'Nemotron 3 Omni in one file, whose positions have another size than its encoder',
};

/**
 * Refuses an architecture whose language model llama.cpp cannot run.
 * @throws OllamaError `invalid-request`, because only another model helps
 */
export function checkTextArchitecture(architecture: string): void {
  const reason = Object.hasOwn(refused, architecture) ? refused[architecture] : undefined;
  if (reason === undefined) return;
  const message = `models of the architecture ${architecture} (${reason}) are not supported by llama.cpp`;
  throw new OllamaError('invalid-request', message);
}

/** Architectures whose files may have to be changed before llama.cpp reads them. */
export const oneFileArchitectures: ReadonlySet<string> = new Set([
  ...oneFileFamilies.flatMap(({ architectures }) => architectures),
  ...Object.keys(refused),
]);

/**
 * The language model of a file that Ollama's converter wrote, without the encoders and with the names that llama.cpp reads:
 * its loader refuses files with tensors that it does not know. Undefined for a file that llama.cpp reads as it is.
 * @throws OllamaError as `checkTextArchitecture`
 */
export function textPart(file: GgufFile): TextPart | undefined {
  const architecture = metadataText(file.metadata, 'general.architecture') ?? '';
  checkTextArchitecture(architecture);
  const family = oneFileFamilies.find(({ architectures }) => architectures.includes(architecture));
  if (!family?.text) return undefined;
  const rules = family.text;
  const dropped = [...(family.prefixes ?? usualPrefixes), ...(rules.drops ?? [])];
  const hasEncoders = file.tensors.some(({ name }) => isEncoderTensor(name, dropped));
  const isOtherName = rules.architecture !== undefined;
  if (!hasEncoders && !isOtherName && rules.isForeign?.(file) !== true) return undefined;
  return {
    metadata: textMetadata(file, architecture, rules),
    tensors: textTensors(file, rules, dropped),
  };
}

/** The file that the part would be, as far as its header shows. */
export function textFile(file: GgufFile, { metadata, tensors }: TextPart): GgufFile {
  let offset = 0;
  const placed = tensors.map(({ name, shape, type, typeName, byteSize }): GgufTensor => {
    const tensor = { name, shape, type, typeName, byteSize, offset };
    offset += Math.ceil(byteSize / file.alignment) * file.alignment;
    return tensor;
  });
  return { ...file, metadata: new Map(Object.entries(metadata)), tensors: placed };
}

/** All keys but those of the encoders, under the architecture's name in llama.cpp. */
function textMetadata(
  file: GgufFile,
  architecture: string,
  { architecture: name = architecture, derive }: TextRules,
): Record<string, GgufValue> {
  const prefix = `${architecture}.`;
  const own = [...file.metadata].flatMap(([key, value]): [string, GgufValue][] => {
    if (!key.startsWith(prefix)) return [[key, value]];
    const rest = key.slice(prefix.length);
    return /^(vision|audio|mm|sam)\./.test(rest) ? [] : [[`${name}.${rest}`, value]];
  });
  const derived = Object.entries(derive?.(file, name) ?? {}).flatMap(([key, value]): [string, GgufValue][] =>
    value ? [[key, value]] : [],
  );
  return Object.fromEntries([...own, ...derived, ['general.architecture', text(name)]]);
}

function textTensors(
  file: GgufFile,
  { renames = [], rebuild }: TextRules,
  dropped: readonly string[],
): ProjectorTensor[] {
  return file.tensors
    .filter(({ name }) => !isEncoderTensor(name, dropped))
    .flatMap((tensor) => rebuild?.(tensor, file) ?? [tensorAs(renamed(tensor.name, renames), tensor, file)]);
}
