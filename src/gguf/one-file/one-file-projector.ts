import { metadataText } from '../metadata.ts';
import { byName, type ProjectorTensor, type ProjectorView, tensorAs } from '../projector/projector-view.ts';
import type { GgufFile, GgufTensor, GgufValue } from '../types.ts';
import { oneFileFamilies } from './families.ts';
import { type OneFileFamily, renamed, usualPrefixes } from './family.ts';
import { flag, text } from './values.ts';

/**
 * The encoders of a model that Ollama's converter wrote with them into one file, as an mmproj file would have them.
 * Undefined for a model without encoders.
 */
export function oneFileProjector(file: GgufFile): ProjectorView | undefined {
  const architecture = metadataText(file.metadata, 'general.architecture') ?? '';
  const family = oneFileFamilies.find(({ architectures }) => architectures.includes(architecture));
  const senses = {
    vision: hasEncoder(file, architecture, 'vision', 'v.'),
    audio: hasEncoder(file, architecture, 'audio', 'a.'),
  };
  if (!senses.vision && !senses.audio) return undefined;
  const tensors = family
    ? projectorTensors(file, family)
    : encoderTensors(file, usualPrefixes).map((tensor) => tensorAs(tensor.name, tensor, file));
  return { metadata: projectorMetadata(file, architecture, family, senses), tensors: byName(tensors) };
}

function hasEncoder(
  { metadata, tensors }: GgufFile,
  architecture: string,
  sense: string,
  prefix: string,
): boolean {
  if (architecture === 'clip') return false;
  if (!metadata.has(`${architecture}.${sense}.block_count`)) return false;
  return tensors.some(({ name }) => name.startsWith(prefix));
}

function projectorMetadata(
  file: GgufFile,
  architecture: string,
  family: OneFileFamily | undefined,
  senses: { readonly vision: boolean; readonly audio: boolean },
): ReadonlyMap<string, GgufValue> {
  const derived = Object.entries(family?.derive?.(file) ?? {});
  return new Map<string, GgufValue>([
    ...Object.entries(family?.defaults ?? {}),
    ...(senses.vision ? senseKeys(file, architecture, 'vision', family?.vision) : []),
    ...(senses.audio ? senseKeys(file, architecture, 'audio', family?.audio) : []),
    ...derived.flatMap(([key, value]): [string, GgufValue][] => (value ? [[key, value]] : [])),
    ['general.architecture', text('clip')],
  ]);
}

/** What the file states about one encoder, and what follows from there being one. */
function senseKeys(
  { metadata }: GgufFile,
  architecture: string,
  sense: 'vision' | 'audio',
  type: string | undefined,
): [string, GgufValue][] {
  const prefix = `${architecture}.${sense}.`;
  const stated = [...metadata].filter(([key]) => key.startsWith(prefix));
  const width = metadata.get(`${architecture}.embedding_length`);
  return [
    ...(width ? [[`clip.${sense}.projection_dim`, width] satisfies [string, GgufValue]] : []),
    ...stated.map(([key, value]): [string, GgufValue] => [
      `clip.${sense}.${key.slice(prefix.length)}`,
      value,
    ]),
    [`clip.has_${sense}_encoder`, flag(true)],
    [`clip.${sense}.projector_type`, text(type ?? architecture)],
  ];
}

function projectorTensors(file: GgufFile, family: OneFileFamily): ProjectorTensor[] {
  const own = encoderTensors(file, family.prefixes ?? usualPrefixes).flatMap(
    (tensor) =>
      family.rebuild?.(tensor, file) ?? [tensorAs(renamed(tensor.name, family.renames), tensor, file)],
  );
  return [...own, ...(family.extra?.(file) ?? [])];
}

/** Whether a tensor belongs to the encoders rather than to the language model. */
export function isEncoderTensor(name: string, prefixes: readonly string[] = usualPrefixes): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}

function encoderTensors(file: GgufFile, prefixes: readonly string[]): GgufTensor[] {
  return file.tensors.filter(({ name }) => isEncoderTensor(name, prefixes));
}
