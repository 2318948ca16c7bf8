/**
 * Looks for texts that can be read in very many ways. The engine keeps a stack for each way, so their number decides how
 * long it computes for a token. No program can find the greatest number in general; this one walks from each rule along
 * the characters that lead to the most stacks, and along random ones.
 */
import type { Ranges } from './grammar-writer.ts';
import type { RuleTable } from './rule-table.ts';
import { StackReader, type StackSet } from './stack-set.ts';

/**
 * Stacks at the same time. With a vocabulary of 49,000 tokens, the engine needs half a second at worst to filter it by a
 * thousand stacks, within the budget of a sampling step. A list of a thousand words needs as many.
 */
const MAX_STACKS = 1000;
/** Characters of one walk: growth that doubles every ten characters is found. */
const WALK_CHARACTERS = 100;
/** Walks from the start rule: the first always follows the most stacks, the others also choose at random. */
const ROOT_WALKS = 4;
/** Stacks that all walks may look at: about a tenth of a second. */
const MAX_STEPS = 300_000;
/** The same for the walks from one rule other than the start, so that the first rules leave some for the others. */
const MAX_RULE_STEPS = 10_000;
/** Different characters that a walk tries at each place. */
const TRIED_CHARACTERS = 6;
/** Ranges of the terminals at one place among which it looks for characters. */
const MAX_RANGES = 400;

/** @throws OllamaError `invalid-request` naming the rule from which a walk began that found too many stacks */
export function requireFewStacks(table: RuleTable): void {
  const reader = new StackReader(table);
  const random = randomNumbers();
  const root = table.find('root') ?? 0;
  for (let walk = 0; walk < ROOT_WALKS; walk++) {
    walkFrom(reader, root, MAX_STEPS / ROOT_WALKS, walk === 0 ? () => 0 : random);
  }
  for (const id of table.rules.keys()) {
    if (reader.steps >= MAX_STEPS) return;
    if (id !== root) walkFrom(reader, id, MAX_RULE_STEPS, () => 0);
  }
}

function walkFrom(reader: StackReader, ruleId: number, maxSteps: number, random: () => number): void {
  const lastStep = reader.steps + maxSteps;
  let stacks = reader.start(ruleId);
  for (let length = 0; length < WALK_CHARACTERS && stacks.size > 0 && reader.steps < lastStep; length++) {
    if (stacks.size > MAX_STACKS) throw reader.tooAmbiguous(ruleId);
    const next = pointsFor(reader, stacks).map((point) => reader.read(stacks, point, ruleId));
    // A random walk goes on along any of them, the others along the one with the most stacks.
    next.sort((left, right) => right.size - left.size);
    stacks = next[Math.floor(random() * next.length)] ?? new Set();
  }
}

/** Characters that the most stacks accept, one for each part of the alphabet that the same stacks accept. */
function pointsFor(reader: StackReader, stacks: StackSet): number[] {
  const changes = changesOf(countTerminals(reader, stacks));
  const points: { readonly point: number; readonly accepting: number }[] = [];
  let accepting = 0;
  for (const point of [...changes.keys()].sort((left, right) => left - right)) {
    accepting += changes.get(point) ?? 0;
    if (accepting > 0) points.push({ point, accepting });
  }
  points.sort((left, right) => right.accepting - left.accepting);
  return points.slice(0, TRIED_CHARACTERS).map(({ point }) => point);
}

/** How many stacks end in each terminal. */
function countTerminals(reader: StackReader, stacks: StackSet): Map<Ranges, number> {
  const counts = new Map<Ranges, number>();
  for (const stack of stacks) {
    if (stack === undefined) continue;
    const ranges = reader.rangesOf(stack);
    counts.set(ranges, 1 + (counts.get(ranges) ?? 0));
  }
  return counts;
}

/** By how much the number of accepting stacks changes at each code point. */
function changesOf(counts: ReadonlyMap<Ranges, number>): Map<number, number> {
  const changes = new Map<number, number>();
  const change = (point: number, by: number) => changes.set(point, by + (changes.get(point) ?? 0));
  let looked = 0;
  for (const [ranges, count] of counts) {
    for (const [first, last] of ranges) {
      if (++looked > MAX_RANGES) return changes;
      change(first, count);
      change(last + 1, -count);
    }
  }
  return changes;
}

/** A generator of Lehmer's kind with a fixed seed, so that the same grammar is always judged alike. */
function randomNumbers(): () => number {
  const modulus = 2 ** 31 - 1;
  let state = 1;
  return () => {
    state = (state * 48_271) % modulus;
    return state / modulus;
  };
}
