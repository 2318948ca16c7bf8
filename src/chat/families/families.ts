import { bareJsonCalls } from './by-template/bare-json-calls.ts';
import { hunyuan } from './by-template/hunyuan.ts';
import { jsonCallFamilies } from './by-template/json-call-families.ts';
import { kimi } from './by-template/kimi.ts';
import { xmlCallFamilies } from './by-template/xml-call-families.ts';
import { cohere } from './cohere/cohere.ts';
import { deepSeek } from './deepseek/deepseek.ts';
import type { Family, ParserFamily, Renderer } from './family.ts';
import { functiongemma } from './gemma/functiongemma.ts';
import { gemma4 } from './gemma/gemma4.ts';
import { glimmer } from './glimmer/glimmer.ts';
import { glm } from './glm/glm.ts';
import { harmony } from './harmony/harmony.ts';
import { laguna } from './laguna/laguna.ts';
import { lfm2 } from './lfm2/lfm2.ts';
import { llama3 } from './llama3.ts';
import { mistral } from './mistral.ts';
import { nemotron } from './nemotron/nemotron.ts';
import { olmo3 } from './olmo3/olmo3.ts';
import { passthrough } from './passthrough.ts';
import { qwen3 } from './qwen/qwen3.ts';
import { qwen35 } from './qwen/qwen3-5.ts';
import { qwen3Coder } from './qwen/qwen3-coder.ts';
import { completedParser } from './shared/completed-parser.ts';

/** All model families with a known format. To add one, write its file and list it here. */
const families: readonly Family[] = [
  cohere,
  deepSeek,
  functiongemma,
  gemma4,
  glimmer,
  glm,
  harmony,
  laguna,
  lfm2,
  mistral,
  nemotron,
  olmo3,
  passthrough,
  qwen3,
  qwen35,
  qwen3Coder,
  // Families that are known only by their chat templates.
  bareJsonCalls,
  hunyuan,
  jsonCallFamilies,
  kimi,
  llama3,
  xmlCallFamilies,
];

const renderers = new Map(families.flatMap((family) => Object.entries(family.renderers ?? {})));
const parsers = new Map(
  families
    .flatMap((family) => Object.entries(family.parsers ?? {}))
    .map(([name, parser]) => [name, completedParser(parser)] as const),
);

/** The renderer with this name after `RENDERER`. */
export function rendererNamed(name: string): Renderer | undefined {
  return renderers.get(name);
}

/** The parser with this name after `PARSER`. */
export function parserNamed(name: string): ParserFamily | undefined {
  return parsers.get(name);
}

export const rendererNames: readonly string[] = [...renderers.keys()];
export const parserNames: readonly string[] = [...parsers.keys()];
