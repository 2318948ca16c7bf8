import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import { schemaGrammar } from './schema-grammar.ts';

const SAMPLES = rounds({ change: 40, long: 200, nightly: 5000 });
const TIMEOUT_MS = rounds({ change: 20_000, long: 60_000, nightly: 600_000 });

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);

describe('the format', () => {
  it.each<[format: string, examples: readonly string[]]>([
    ['date', ['2024-02-29', '2000-02-29', '1999-11-30', '0001-01-31']],
    ['time', ['00:00:00Z', '23:59:59.123456-11:30']],
    ['date-time', ['2024-02-29T23:59:59Z', '1985-04-12T23:20:50.52+01:00']],
    ['iso-time', ['12:00:00', '12:00:00Z']],
    ['iso-date-time', ['2024-01-01T12:00:00', '2024-01-01T12:00:00+02:00']],
    ['duration', ['P1Y2M3DT4H5M6S', 'PT36H', 'P2W', 'P1D', 'P1YT1S']],
    ['uuid', ['123e4567-e89b-12d3-a456-426614174000']],
    ['email', ['joe.bloggs@example.com', "o'hara+tag@mail.example.co.uk", 'a@b.c']],
    [
      'hostname',
      ['localhost', 'www.example.com', 'ec2-52-10-0-1.us-west-2.compute.amazonaws.com', '1.2.3.4'],
    ],
    ['ipv4', ['0.0.0.0', '127.0.0.1', '255.249.199.99']],
    [
      'ipv6',
      ['::', '::1', 'fe80::1', '2001:db8::ff00:42:8329', '1:2:3:4:5:6:7:8', '1::8', '1:2:3:4:5:6:7::'],
    ],
    [
      'uri',
      ['https://example.com/a/b?c=d&e#f', 'http://localhost:8080', 'urn:isbn:0451450523', 'mailto:a@b.c'],
    ],
    ['url', ['https://www.example.com/a?b=c#d', 'http://example.org']],
    ['uri-reference', ['/a/b', 'a/b?c', 'https://example.com/']],
    ['uri-template', ['https://example.com/{id}/{a,b}', '']],
    ['json-pointer', ['', '/a/b~0c/~1', '/é']],
    ['relative-json-pointer', ['0', '1/a', '2#']],
    ['json-pointer-uri-fragment', ['#', '#/a/%20']],
    ['byte', ['', 'aGVsbG8=', 'aGVsbG8hIQ==']],
    ['password', ['anything']],
  ])(
    '%s produces only valid texts and accepts common examples',
    { timeout: TIMEOUT_MS },
    (format, examples) => {
      const schema = { type: 'string', format };
      const isValid = ajv.compile(schema);
      const grammar = new Gbnf(schemaGrammar(schema));
      const random = seededRandom(seedFrom(7));
      const samples = Array.from({ length: SAMPLES }, () => grammar.sample(random, 60));
      expect(samples.filter((text) => !isValid(JSON.parse(text)))).toEqual([]);
      expect(examples.filter((text) => !grammar.accepts(JSON.stringify(text)))).toEqual([]);
    },
  );

  it.each([
    ['int32', 'integer'],
    ['int64', 'integer'],
    ['float', 'number'],
    ['double', 'number'],
    ['date', 'integer'],
  ])('%s of a number produces only valid numbers', { timeout: TIMEOUT_MS }, (format, type) => {
    const schema = { type, format };
    const isValid = ajv.compile(schema);
    const grammar = new Gbnf(schemaGrammar(schema));
    const random = seededRandom(seedFrom(8));
    const samples = Array.from({ length: SAMPLES }, () => grammar.sample(random, 30));
    expect(samples.filter((text) => !isValid(JSON.parse(text)))).toEqual([]);
    expect(grammar.accepts('-17')).toBe(true);
  });
});

it('leaves an unknown format to the pattern beside it, as zod writes it', () => {
  const grammar = new Gbnf(schemaGrammar({ type: 'string', format: 'starts_with', pattern: '^ab.*' }));
  expect(['"ab"', '"abc"', '"b"'].map((text) => grammar.accepts(text))).toEqual([true, true, false]);
  expect(() => schemaGrammar({ type: 'string', format: 'starts_with' })).toThrow('not a known string format');
});
