/** Output bound to a JSON schema, from a model whose vocabulary has 262,144 tokens, where checking tokens costs most. */
import { decodeRate, type GenerationRequest } from '../generation.ts';
import { randomNumber } from '../prompts.ts';
import type { Scenario, Values } from '../scenario.ts';
import type { BenchServer } from '../servers/server.ts';

const TOKENS = 128;
/** Enough items for more tokens than are requested, so that every answer has the same length. */
const ITEMS = 16;

const text = { type: 'string', maxLength: 40 };
const flag = { type: 'boolean' };

/** A list of records in which every value is one of few: few tokens are allowed at each place. */
const choices = listOf({
  sentiment: { enum: ['positive', 'neutral', 'negative'] },
  language: { enum: ['English', 'French', 'German', 'Spanish', 'Japanese'] },
  urgent: flag,
  category: { enum: ['billing', 'shipping', 'technical', 'feedback'] },
  answered: flag,
});

/** A list of records with free texts and numbers: most tokens are allowed inside a text. */
const records = listOf({ name: text, city: text, age: { type: 'integer' }, member: flag });

function listOf(properties: Record<string, object>): object {
  const items = {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
  return { type: 'array', items, minItems: ITEMS, maxItems: ITEMS };
}

const title = (what: string) => `262k vocabulary, temperature 0.8: schema of ${what}, decode tokens/s`;

export function schemaBound(model: string): Scenario {
  return {
    name: 'schema',
    largeVocabulary: true,
    figures: {
      choices: { title: title('choices'), better: 'higher', goal: '1.5 x the build before' },
      records: { title: title('texts'), better: 'higher', goal: '1.5 x the build before' },
    },
    run: (server) => ratesWith(server, model, { choices, records }),
  };
}

/** The same answers against free text of the same length, on the same server. */
export function schemaAgainstFreeText(model: string): Scenario {
  const goal = '0.91 x';
  return {
    name: 'schema-free',
    largeVocabulary: true,
    figures: {
      choices: { title: `${title('choices')}, against free text`, better: 'higher', goal },
      records: { title: `${title('texts')}, against free text`, better: 'higher', goal },
    },
    run: (server) => ratesWith(server, model, { choices, records }),
    without: (server) => ratesWith(server, model, { choices: undefined, records: undefined }),
  };
}

async function ratesWith(
  server: BenchServer,
  model: string,
  schemas: Readonly<Record<string, object | undefined>>,
): Promise<Values> {
  if (!(await server.hasModel?.(model))) return {};
  await server.generate({ model, prompt: 'Hi', tokens: 1 });
  const rates: Record<string, number | undefined> = {};
  for (const [name, format] of Object.entries(schemas)) {
    rates[name] = decodeRate(await server.generate(requestFor(model, format)));
  }
  return rates;
}

/** Free text continues after the model would end, as the schema demands it of the other. */
function requestFor(model: string, format: object | undefined): GenerationRequest {
  const prompt = `${randomNumber()} Sort the letters of our customers. A list in JSON:\n`;
  const options = { ignore_eos: format === undefined };
  return { model, prompt, tokens: TOKENS, options, ...(format && { format }) };
}
