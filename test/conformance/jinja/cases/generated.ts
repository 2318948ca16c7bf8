import { randomExpression, randomJinja } from '../../../fakes/random/jinja/random-jinja.ts';
import { jinjaVariables } from '../../../fakes/random/jinja/variables.ts';
import type { JinjaCase } from '../python-jinja.ts';

const start = "{% set ns = namespace(a='a', b=1) %}";

/** Single expressions and whole templates, in turns. */
export function generatedCases(count: number, random: () => number): JinjaCase[] {
  const maker = { random, isWild: false };
  const variables = jinjaVariables(1);
  return Array.from({ length: count }, (_, index) => {
    const text = index % 4 === 0 ? randomJinja(maker) : `{{ ${randomExpression(maker, 1 + (index % 2))} }}`;
    return { name: JSON.stringify(text), template: start + text, variables };
  });
}
