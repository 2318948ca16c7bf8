import { expect, it } from 'vitest';
import type { ShowResponse } from '../../api/show.ts';
import { adviceFor } from './advice.ts';
import { factsFromShow, isSameModel } from './model-facts.ts';

function show(context: number | undefined, capabilities: string[], parameters = ''): ShowResponse {
  return {
    details: { family: 'llama' },
    capabilities,
    parameters,
    model_info: { 'general.architecture': 'llama', ...(context && { 'llama.context_length': context }) },
  } as unknown as ShowResponse;
}

const advice = (...given: Parameters<typeof show>) => adviceFor(factsFromShow('m', show(...given)), 'Codex');

it('says nothing about a model that has tools and room, or whose room is unknown', () => {
  expect(advice(32_768, ['completion', 'tools'])).toBeUndefined();
  expect(advice(undefined, ['tools'])).toBeUndefined();
});

it('names in one line what is missing, and what to look for', () => {
  expect(advice(8192, ['completion'])).toBe(
    'm cannot call tools and has room for 8192 tokens only: Codex works better with a model for which "ollama show" lists the capability "tools" and a context length of 32768 or more',
  );
  expect(advice(131_072, [])).toMatch(/^m cannot call tools: [^\n]*$/);
});

it('takes a num_ctx of the model as its room', () => {
  expect(advice(131_072, ['tools'], 'stop "x"\nnum_ctx                        4096\n')).toMatch(
    /^m has room for 4096 tokens only: /,
  );
  expect(factsFromShow('m', show(8192, [], 'num_ctx 100000')).contextLength).toBe(8192);
});

it('knows that the tag latest may be left out', () => {
  expect(isSameModel('m', 'M:latest')).toBe(true);
  expect(isSameModel('host:5000/m', 'host:5000/m:latest')).toBe(true);
  expect(isSameModel('m:1b', 'm')).toBe(false);
});
