import { isJsonObject, type JsonObject } from '../../base/json-object.ts';

/** A block or part of a message, which may be changed. */
export interface PlacedBlock {
  readonly block: JsonObject;
  /** Where it stands, such as "messages[2].content[1]". */
  readonly path: string;
}

/** Fields whose blocks belong to a message; `foreign` is a block as it was sent. */
const blockFields = ['content', 'output', 'foreign'];

/**
 * The blocks and parts of the messages of a request of OpenAI's or Anthropic's API, those within the results of tools included. The
 * depth is bounded by that of the body.
 */
export function contentBlocks(request: object): PlacedBlock[] {
  const lists = Object.entries(request).filter(([name]) => ['messages', 'input', 'system'].includes(name));
  return lists.flatMap(([name, list]) => [...blocksIn(list, name)]);
}

function* blocksIn(value: unknown, path: string): Generator<PlacedBlock> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* blocksIn(item, `${path}[${index}]`);
    return;
  }
  if (!isJsonObject(value)) return;
  yield { block: value, path };
  for (const name of blockFields) {
    if (name in value) yield* blocksIn(value[name], name === 'foreign' ? path : `${path}.${name}`);
  }
}
