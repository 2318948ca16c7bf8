import type { Capability } from '../api/common.ts';
import type { Ability } from '../chat/format/template-abilities.ts';
import { RANK_POOLING } from '../gguf/embedding-metadata.ts';
import type { GgufFacts } from '../gguf/facts.ts';
import type { EncodedSenses } from '../gguf/projector/encoded-types.ts';

const known: readonly Capability[] = [
  'completion',
  'tools',
  'insert',
  'vision',
  'embedding',
  'thinking',
  'audio',
  'rerank',
];

/** What the files and the template of a model show. */
export interface CapabilityEvidence {
  readonly facts: GgufFacts;
  /** What its projector encodes; absent = the model has none that can be used. */
  readonly senses: EncodedSenses | undefined;
  /** Abilities of its template, renderer and parser. */
  readonly abilities: readonly Ability[];
}

/**
 * What a model can do, without duplicates and in this order: capabilities that its config declares, that its weights and its
 * projector show, and that its chat format supports.
 * @param declared capabilities from the config
 */
export function capabilitiesOf(
  declared: readonly string[],
  { facts, senses, abilities }: CapabilityEvidence,
): Capability[] {
  const found = new Set<Capability>(known.filter((capability) => declared.includes(capability)));
  const completes = facts.poolingType === undefined;
  const task = facts.poolingType === RANK_POOLING ? 'rerank' : 'embedding';
  found.add(completes ? 'completion' : task);
  if (senses?.image) found.add('vision');
  if (senses?.audio) found.add('audio');
  for (const ability of abilities) found.add(ability);
  if (facts.canInsert && completes) found.add('insert');
  return [...found];
}

/** What a model elsewhere can do, of which only its config speaks. */
export function capabilitiesOfConfig(declared: readonly string[] = []): Capability[] {
  return known.filter((capability) => declared.includes(capability));
}
