import { describe, expect, it } from 'vitest';
import { classDefaults } from '../hugging-face/class-defaults.ts';
import { families } from './families.ts';
import { findTensor, inLayer, targetList } from './locate-tensor.ts';

/** Architectures whose class comes with the model. */
const WITHOUT_CLASS: readonly string[] = ['nomic-bert', 'lfm2moe'];

const named = families.map((family) => [family.names[0] ?? '', family] as const);

describe.each(named)('the table of %s', (_name, family) => {
  it('refers only to its own tensors', () => {
    const keys = Object.keys(family.tensors);
    const referred = [...(family.optional ?? []), ...(family.biases ?? []).flatMap(({ of }) => of)];
    expect(referred.filter((key) => !keys.includes(key))).toEqual([]);
  });

  it('never gives two tensors one name', () => {
    const stacks = Object.values(family.experts?.to ?? {});
    const names = [
      ...Object.values(family.tensors)
        .flatMap(targetList)
        .map(({ to }) => to),
      ...stacks,
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  it('finds each of its tensors in a layer', () => {
    for (const key of Object.keys(family.tensors)) {
      const [target] = targetList(family.tensors[key] ?? []);
      const ending = /\.(?:weight|bias)$/.test(target?.to ?? '') ? '' : '.weight';
      const place = findTensor(family, inLayer(key, 7) + ending);
      expect(place?.targets[0]?.to).toBe(inLayer(target?.to ?? '', 7) + ending);
    }
  });

  it('does not take the letter of a pattern for a number', () => {
    const [pattern] = Object.keys(family.tensors).filter((key) => key.includes('.N.'));
    expect(findTensor(family, `${pattern}.weight`)).toBeUndefined();
  });

  it('has defaults of a class of transformers, unless transformers has no such class', () => {
    const known = family.modelTypes.filter((type) => Object.hasOwn(classDefaults, type));
    expect(known).toEqual(WITHOUT_CLASS.includes(family.architecture) ? [] : family.modelTypes);
  });

  it('has no name of another table', () => {
    const others = families.filter((other) => other !== family).flatMap(({ names }) => names);
    expect(family.names.filter((name) => others.includes(name))).toEqual([]);
  });
});
