import type { LaunchModel } from './integration.ts';

/**
 * Room that coding agents need: their first prompt alone has about 20,000 tokens, and the work on one task adds as much
 * again.
 */
const NEEDED_CONTEXT = 32_768;

/** One line about what a model lacks for an agent, and what to do; undefined if it lacks nothing. */
export function adviceFor(model: LaunchModel, title: string): string | undefined {
  const { name, hasTools, contextLength = NEEDED_CONTEXT } = model;
  const faults = [
    ...(hasTools ? [] : ['cannot call tools']),
    ...(contextLength < NEEDED_CONTEXT ? [`has room for ${contextLength} tokens only`] : []),
  ];
  if (faults.length === 0) return undefined;
  const need = [
    ...(hasTools ? [] : ['the capability "tools"']),
    ...(contextLength < NEEDED_CONTEXT ? [`a context length of ${NEEDED_CONTEXT} or more`] : []),
  ];
  return `${name} ${faults.join(' and ')}: ${title} works better with a model for which "ollama show" lists ${need.join(' and ')}`;
}
