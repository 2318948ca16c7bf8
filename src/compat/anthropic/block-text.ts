import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { type ContentPlace, type PlainContent, PlainParts } from '../plain-content.ts';
import { blocksOf, type InnerBlock } from './content.ts';
import type { DeclaredTools } from './declared-tools.ts';

/** Blocks that mean nothing to another model: encrypted thinking, and which model took over. */
const unreadable = new Set(['redacted_thinking', 'fallback']);
/** Fields of other blocks that hold readable text, in the order in which they are written. */
const textFields = ['title', 'url', 'source', 'text', 'stdout', 'stderr', 'error_code', 'content'];
/** Fields of other blocks that hold blocks. */
const blockFields = ['content', 'tool_references'];

/**
 * Collects the texts and images of content.
 * @throws OllamaError `invalid-request` for a part that the answer is about and that no model can be given
 */
export function plainBlocks(
  blocks: string | readonly InnerBlock[] | undefined,
  place: ContentPlace,
  tools: DeclaredTools,
): PlainContent {
  const parts = new PlainParts(place);
  if (typeof blocks === 'string') parts.text(blocks);
  else if (blocks) addBlocks(parts, [...blocks.entries()], tools);
  return parts.end();
}

/** @param blocks with their index in the request */
export function addBlocks(
  parts: PlainParts,
  blocks: readonly (readonly [number, InnerBlock])[],
  tools: DeclaredTools,
): void {
  const defined: string[] = [];
  const endDefinitions = () => {
    if (defined.length > 0) parts.text(`<functions>\n${defined.splice(0).join('\n')}\n</functions>`);
  };
  for (const [index, block] of blocks) {
    const definitions = toolsIn(block, tools);
    defined.push(...definitions);
    if (definitions.length > 0) continue;
    endDefinitions();
    addBlock(parts, block, index);
  }
  endDefinitions();
}

function addBlock(parts: PlainParts, block: InnerBlock, index: number): void {
  if (unreadable.has(block.type)) return;
  if (block.type === 'text') parts.text(block.text ?? '');
  else if (block.type === 'image') addImage(parts, block, index);
  else if (block.type === 'document') addDocument(parts, block, index);
  else addForeign(parts, block, index);
}

const ONLY_BASE64 = 'Only base64 images are supported';

function addImage(parts: PlainParts, { source }: InnerBlock, index: number): void {
  const { type = 'none', data } = source ?? {};
  if (type === 'base64' && data) parts.medium(data, index);
  else {
    const allowed = type === 'url' ? `${ONLY_BASE64}, and URLs of hosts in OLLAMA_FETCH_IMAGES` : ONLY_BASE64;
    parts.leaveOut('image', index, `invalid image source type: ${type}. ${allowed}.`);
  }
}

function addDocument(parts: PlainParts, { source, title, context }: InnerBlock, index: number): void {
  const content = documentContent(source);
  if (content === undefined) {
    parts.leaveOut('document', index, documentProblem(source));
    return;
  }
  const heading = [title, context].filter((text) => text !== undefined).map((text) => `${text}\n\n`);
  parts.text(heading.join('') + content);
}

function documentProblem(source: InnerBlock['source']): string {
  const { type = 'none', problem } = source ?? {};
  if (problem !== undefined) return problem;
  if (type === 'url')
    return 'documents at URLs are fetched only from hosts in OLLAMA_FETCH_IMAGES: send the PDF file as base64, or its text';
  return `documents of type "${type}" are not supported: send plain text, or a PDF file as base64`;
}

function documentContent(source: InnerBlock['source']): string | undefined {
  if (source?.type === 'text') return source.data ?? '';
  if (source?.type !== 'content') return undefined;
  const { content } = source;
  if (typeof content === 'string') return content;
  const texts = blocksOf(content).map(({ type, text }) =>
    type === 'text' ? (text ?? '') : `[${type} left out]`,
  );
  return texts.join('\n');
}

/** Blocks of other types, known or not: searches and their results, what servers executed, summaries. */
function addForeign(parts: PlainParts, { type, foreign }: InnerBlock, index: number): void {
  const text = foreign ? readableText(foreign) : '';
  const kind = kinds.get(type) ?? type;
  if (text !== '') parts.text(text);
  else parts.leaveOut(kind, index, `content blocks of type "${type}" are not supported: use text`);
}

const kinds: ReadonlyMap<string, string> = new Map([['container_upload', 'file']]);

/** The texts of a block, one below the other. */
function readableText(block: JsonObject): string {
  const texts: string[] = [];
  collectTexts(block, texts);
  return texts.filter((text) => text !== '').join('\n');
}

/** Its depth is bounded by that of the body; a text is copied once, however deep it is. */
function collectTexts(block: JsonObject, texts: string[]): void {
  const removed = block.type === 'tool_removal' && isJsonObject(block.tool) ? block.tool.name : undefined;
  if (typeof removed === 'string') {
    texts.push(`The tool ${removed} is no longer available.`);
    return;
  }
  texts.push(...textFields.map((field) => block[field]).filter((text) => typeof text === 'string'));
  const inner = blockFields.flatMap((field) =>
    typeof block[field] === 'object' ? blocksOf(block[field]) : [],
  );
  for (const { type, text, source, title, foreign } of inner) {
    if (type === 'text') texts.push(text ?? '');
    else if (type === 'document') {
      const content = documentContent(source) ?? '[document left out]';
      texts.push([title, content].filter(Boolean).join('\n\n'));
    } else if (foreign) collectTexts(foreign, texts);
  }
}

/** The definitions of the tools that a block makes known to the model, as lines of a block of functions. */
function toolsIn({ type, foreign }: InnerBlock, tools: DeclaredTools): string[] {
  if (!foreign) return [];
  if (type === 'tool_reference') return [tools.define(nameIn(foreign))];
  if (type === 'tool_addition' && isJsonObject(foreign.tool)) {
    const { tool } = foreign;
    if (tool.type === 'tool_definition') tools.add(tool.definition);
    return [tools.define(nameIn(isJsonObject(tool.definition) ? tool.definition : tool))];
  }
  if (type === 'tool_removal' && isJsonObject(foreign.tool)) tools.remove(nameIn(foreign.tool));
  if (type !== 'tool_search_tool_search_result' || !Array.isArray(foreign.tool_references)) return [];
  return foreign.tool_references.filter(isJsonObject).map((reference) => tools.define(nameIn(reference)));
}

function nameIn({ tool_name: reference, name }: JsonObject): string {
  const found = reference ?? name;
  return typeof found === 'string' ? found : '';
}
