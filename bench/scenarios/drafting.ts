/** A list whose items resemble each other without being equal: drafts are often wrong, and must not cost more than they gain. */
import { decodeRate } from '../generation.ts';
import { randomNumber } from '../prompts.ts';
import type { Scenario } from '../scenario.ts';
import type { BenchServer } from '../servers/server.ts';

const TOKENS = 192;

const people = [
  ['Alice Young', 31, 'Paris', true],
  ['Bob Stone', 47, 'Lima', false],
  ['Carla Fern', 22, 'Oslo', true],
  ['Dmitri Vale', 65, 'Kyoto', true],
] as const;

export const jsonList: Scenario = {
  name: 'drafting',
  figures: {
    rate: { title: 'JSON list, decode tokens/s, drafts against none', better: 'higher', goal: '0.98 x' },
  },
  run: (server) => listRate(server, {}),
  without: (server) => listRate(server, { draft_num_predict: 0 }),
};

async function listRate(server: BenchServer, options: Readonly<Record<string, unknown>>) {
  const items = people.map(([name, age, city, member]) => JSON.stringify({ name, age, city, member }));
  const prompt = `${randomNumber()} members of the club:\n[\n  ${items.join(',\n  ')},\n  `;
  const generation = await server.generate({ prompt, tokens: TOKENS, temperature: 0, options });
  return { rate: decodeRate(generation) };
}
