/**
 * The entry `ollama-ts/gguf`: read the header of a GGUF file, interpret it, and write small files.
 *
 * Every name in this file is public API, and its removal or change is a breaking change. Add names one by one.
 */
export { OllamaError } from '../base/errors.ts';
export { type ByteSource, memorySource } from '../gguf/byte-source.ts';
export { type GgufFacts, ggufFacts } from '../gguf/facts.ts';
export { type ParseOptions, parseGguf, readGgufFile } from '../gguf/parse.ts';
export type { GgufArray, GgufFile, GgufScalar, GgufTensor, GgufValue } from '../gguf/types.ts';
export { encodeGguf, type GgufContent, type TensorContent, writeGguf } from '../gguf/writer.ts';
