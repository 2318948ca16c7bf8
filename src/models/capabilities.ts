import type { Capability } from '../api/common.ts';
import type { GgufFacts } from '../gguf/facts.ts';

const known: readonly Capability[] = [
  'completion',
  'tools',
  'insert',
  'vision',
  'embedding',
  'thinking',
  'audio',
];

/**
 * What a model can do: as its config declares, as its weights show, as its chat template serves. Each once, in that
 * order.
 */
export function capabilitiesOf(
  declared: readonly string[],
  facts: GgufFacts,
  hasProjector: boolean,
): Capability[] {
  const found = new Set<Capability>(known.filter((capability) => declared.includes(capability)));
  found.add(facts.poolingType === undefined ? 'completion' : 'embedding');
  if (facts.hasVision || hasProjector) found.add('vision');
  const template = facts.chatTemplate ?? '';
  if (template.includes('tools') || template.includes('tool_call')) found.add('tools');
  if (templateThinks(template)) found.add('thinking');
  if (facts.canInsert && facts.poolingType === undefined) found.add('insert');
  return [...found];
}

/** The template writes thinking tags itself, or cuts the thinking of earlier turns off their content. */
function templateThinks(template: string): boolean {
  if (template.includes('<think>') && template.includes('</think>')) return true;
  const cutsThinking = /split\(\s*['"]<\/think>['"]/.test(template);
  return cutsThinking && !template.includes('reasoning_content') && !template.includes('<SPECIAL_12>');
}
