import type { JinjaCase } from '../python-jinja.ts';

/** What jinja2's sandbox refuses, and llama.cpp and some published templates allow: methods that change a value. */
export const changes: readonly JinjaCase[] = [
  '{% set x = [1] %}{{ x.append(2) }}{{ x }}',
  '{% set x = [1] %}{% set y = x.extend([2]) %}{{ x }}',
  '{% set x = [1] %}{{ x.insert(0, 2) }}',
  '{% set x = [1, 2] %}{{ x.pop() }}{{ x }}',
  '{% set x = [1, 2] %}{{ x.remove(1) }}',
  '{% set x = [1, 2] %}{{ x.reverse() }}',
  '{% set x = [1, 2] %}{{ x.clear() }}',
  "{% set x = {'a': 1} %}{{ x.update({'b': 2}) }}{{ x }}",
  "{% set x = {'a': 1} %}{{ x.pop('a') }}",
  "{% set x = {'a': 1} %}{{ x.setdefault('b', 2) }}",
].map((template) => ({ name: template, template, variables: {} }));
