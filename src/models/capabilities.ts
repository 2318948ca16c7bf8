import type { Capability } from '../api/common.ts';
import type { Ability } from '../chat/format/template-abilities.ts';
import { RANK_POOLING } from '../gguf/embedding-metadata.ts';
import type { GgufFacts } from '../gguf/facts.ts';

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

/**
 * What a model can do, without duplicates and in this order: capabilities that its config declares, that its weights
 * show, and that its chat format supports.
 * @param declared capabilities from the config
 * @param abilities abilities of its template, renderer and parser
 */
export function capabilitiesOf(
  declared: readonly string[],
  facts: GgufFacts,
  hasProjector: boolean,
  abilities: readonly Ability[],
): Capability[] {
  const found = new Set<Capability>(known.filter((capability) => declared.includes(capability)));
  const completes = facts.poolingType === undefined;
  const task = facts.poolingType === RANK_POOLING ? 'rerank' : 'embedding';
  found.add(completes ? 'completion' : task);
  if (facts.hasVision || hasProjector) found.add('vision');
  for (const ability of abilities) found.add(ability);
  if (facts.canInsert && completes) found.add('insert');
  return [...found];
}
