import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { randomSchema } from '../../fakes/random/random-schema.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../scale.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post } from '../support/server-requests.ts';

const SLOTS = 8;
const SCHEMAS = rounds({ change: 8, long: 40, nightly: 2000 });
/** Random schemas limit the length of their answers; this is far above the longest one. */
const MAX_TOKENS = 1500;
const TIMEOUT_MS = rounds({ change: 300_000, long: 600_000, nightly: 3_600_000 });

/** The schema as `model_json_schema()` prints it. */
const pydantic = {
  $defs: {
    Book: {
      properties: {
        title: { maxLength: 40, title: 'Title', type: 'string' },
        price: { exclusiveMinimum: 0, maximum: 1000, title: 'Price', type: 'number' },
        published: {
          anyOf: [{ format: 'date', type: 'string' }, { type: 'null' }],
          default: null,
          title: 'Published',
        },
      },
      required: ['title', 'price'],
      title: 'Book',
      type: 'object',
    },
    Status: { enum: ['new', 'paid', 'sent'], title: 'Status', type: 'string' },
  },
  properties: {
    id: { exclusiveMinimum: 0, exclusiveMaximum: 10_000, title: 'Id', type: 'integer' },
    status: { $ref: '#/$defs/Status', default: 'new' },
    books: { items: { $ref: '#/$defs/Book' }, maxItems: 2, minItems: 1, title: 'Books', type: 'array' },
    email: { format: 'email', maxLength: 30, title: 'Email', type: 'string' },
  },
  required: ['id', 'books', 'email'],
  title: 'Order',
  type: 'object',
};

/** The schema as `z.toJSONSchema()` prints it. */
const zod = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    id: {
      type: 'string',
      format: 'uuid',
      pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
    },
    age: { type: 'integer', minimum: 0, maximum: 120 },
    roles: { type: 'array', items: { type: 'string', enum: ['admin', 'user'] }, maxItems: 3 },
    position: {
      type: 'array',
      prefixItems: [{ type: 'integer', minimum: 0, maximum: 9 }, { type: 'boolean' }],
    },
    settings: {
      type: 'object',
      propertyNames: { type: 'string', maxLength: 8 },
      additionalProperties: { type: 'boolean' },
      maxProperties: 3,
    },
  },
  required: ['id', 'age', 'roles', 'position', 'settings'],
  additionalProperties: false,
};

const tree = {
  $ref: '#/$defs/tree',
  $defs: {
    tree: {
      type: 'object',
      properties: {
        value: { type: 'integer', minimum: 0, maximum: 99 },
        children: { type: 'array', items: { $ref: '#/$defs/leaf' }, maxItems: 2 },
      },
      required: ['value', 'children'],
    },
    leaf: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/tree' }] },
  },
};

const pet = (kind: string, property: object) => ({
  type: 'object',
  properties: { kind: { const: kind, default: kind }, ...property },
});
const pets = {
  oneOf: [
    pet('cat', { lives: { type: 'integer', maximum: 9, minimum: 0 } }),
    pet('dog', { good: { const: true } }),
  ],
  discriminator: { propertyName: 'kind' },
};

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    env: { OLLAMA_NUM_PARALLEL: String(SLOTS), OLLAMA_CONTEXT_LENGTH: '2048' },
  });
  await createModel(server, 'smol', inject('smolModelPath'));
});
afterAll(() => server[Symbol.asyncDispose]());

interface Answer {
  readonly response: string;
  readonly done_reason: string;
}

async function generate(prompt: string, format: object, options: object = {}): Promise<Answer> {
  const body = { model: 'smol', prompt, format, stream: false };
  const defaults = { seed: 1, temperature: 0.8, num_predict: MAX_TOKENS };
  const reply = await post(server, '/api/generate', { ...body, options: { ...defaults, ...options } });
  if (reply.status !== 200) throw new Error(`${JSON.stringify(reply)} for ${JSON.stringify(format)}`);
  return reply.body as Answer;
}

function requireValid(schema: object, { response, done_reason }: Answer): unknown {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const context = `${response} for ${JSON.stringify(schema)}`;
  expect(done_reason, context).toBe('stop');
  const value: unknown = JSON.parse(response);
  expect(ajv.validate(schema, value), `${ajv.errorsText()}: ${context}`).toBe(true);
  return value;
}

const refusalOf = async (format: unknown) => {
  const reply = await post(server, '/api/generate', { model: 'smol', prompt: 'Hi', format, stream: false });
  return { status: reply.status, error: (reply.body as { error?: string }).error };
};

describe('a JSON schema as format', () => {
  it(`holds for ${SCHEMAS} random schemas, eight at a time`, { timeout: TIMEOUT_MS }, async () => {
    const seeds = Array.from({ length: SCHEMAS }, (_, index) => seedFrom(1000 + index));
    const ask = async () => {
      for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) {
        const { schema } = randomSchema(seededRandom(seed), 2 + (seed % 2));
        requireValid(schema, await generate('Write an example as JSON.', schema, { seed }));
      }
    };
    await Promise.all(Array.from({ length: SLOTS }, ask));
  });

  it.each<[string, string, object]>([
    ['of pydantic', 'Describe an order of two books.', pydantic],
    ['of zod', 'Invent a user.', zod],
    ['of one value', 'Is the sky blue?', { type: 'boolean' }],
    ['of a union with a distinguishing property', 'Describe a cat.', pets],
  ])('holds for a schema %s', async (_, prompt, schema) => {
    const answer = await generate(prompt, schema, { temperature: 0 });
    const value = requireValid(schema, answer);
    const order = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    const declared = Object.keys((schema as { properties?: object }).properties ?? {});
    expect(order).toEqual(declared.length > 0 ? declared.filter((name) => order.includes(name)) : order);
  });

  it('holds for a schema that refers to itself, with an example in the prompt', async () => {
    const copied = '{"value":1,"children":[{"value":2,"children":[]},null]}';
    const prompt = `Tree: ${copied}\n\nTree: ${copied}\n\nTree: ${copied}\n\nTree: `;
    const body = { model: 'smol', prompt, raw: true, format: tree, stream: false };
    const options = { temperature: 0, num_predict: 200, repeat_penalty: 1 };
    const { body: reply } = await post(server, '/api/generate', { ...body, options });
    expect(requireValid(tree, reply as Answer)).toEqual(JSON.parse(copied));
  });

  it('holds for chats too', async () => {
    const messages = [{ role: 'user', content: 'Name a colour.' }];
    const schema = {
      type: 'object',
      properties: { colour: { enum: ['red', 'blue'] } },
      required: ['colour'],
    };
    const body = { model: 'smol', messages, format: schema, stream: false };
    const { body: reply } = await post(server, '/api/chat', body);
    const { content } = (reply as { message: { content: string } }).message;
    expect(JSON.parse(content)).toEqual({ colour: expect.stringMatching(/^(red|blue)$/) });
  });

  it.each([
    [{ type: 'array', uniqueItems: true }, /^format: "#\/uniqueItems" is not supported/],
    [{ properties: { a: { not: {} } } }, /^format: "#\/properties\/a\/not" is not supported/],
    [{ type: 'string', minLength: 2, maxLength: 1 }, /^format: "#" allows no value/],
    [{ $ref: '#/$defs/a' }, /^format: "#\/\$ref" refers to "#\/\$defs\/a", which does not exist$/],
    [
      { type: 'string', pattern: '^((a{1,1000}){1,1000}){1,1000}$' },
      /^format: the JSON schema is too complex/,
    ],
  ])('is refused with 400 if it cannot be honoured: %j', async (format, message) => {
    expect(await refusalOf(format)).toEqual({ status: 400, error: expect.stringMatching(message) });
  });

  it('reaches the engine at the maximum size', async () => {
    const names = Array.from({ length: 500 }, (_, index) => `property ${index}`);
    const large = [
      { enum: names.map((name) => `${name}!`) },
      { properties: Object.fromEntries(names.map((name) => [name, { type: 'null' }])), maxProperties: 2 },
      { type: 'string', maxLength: 20_000 },
      { type: 'array', items: { type: 'string', maxLength: 1999 }, maxItems: 2001 },
    ];
    for (const schema of large) {
      const { response } = await generate('Hello', schema, { num_predict: 4 });
      expect(response, JSON.stringify(schema).slice(0, 80)).not.toBe('');
    }
  });
});
