/** Settings with a few words to choose from. */
import { parseBoolean, parseChoice, withForm } from './values.ts';

/** Whether a model may get a longer context than it was loaded with; "auto" = unless the server's context is set. */
export type ContextGrow = 'auto' | 'on' | 'off';

export const parseContextGrow = parseChoice<ContextGrow>(['auto', 'on', 'off']);

/** When a draft model drafts: where the measured costs say that it is faster, always, or never. */
export type DraftModels = 'auto' | 'on' | 'off';

export const parseDraftModels = parseChoice<DraftModels>(['auto', 'on', 'off']);

export type FlashAttention = 'auto' | 'on' | 'off';

export const parseFlashAttention = withForm<FlashAttention>({ kind: 'boolean' }, (text) => ({
  value: parseBoolean(text, true).value ? 'on' : 'off',
}));

const kvCacheTypes = ['f16', 'q8_0', 'q4_0'] as const;
export type KvCacheType = (typeof kvCacheTypes)[number];

export const parseKvCacheType = parseChoice(kvCacheTypes);

/** Which template of a model to use: "go" is its Modelfile's TEMPLATE, "jinja" is the GGUF file's, "auto" is the better one. */
export type TemplateChoice = 'auto' | 'go' | 'jinja';

export const parseTemplateChoice = withForm<TemplateChoice>({ kind: 'boolean' }, (text) => ({
  value: parseBoolean(text, true).value ? 'go' : 'jinja',
}));

/** Whether weights go into huge pages; "auto" = where the system has them and memory allows. */
export type HugePagesChoice = 'auto' | 'off';

export const parseHugePages = parseChoice<HugePagesChoice>(['auto', 'off']);

/** Which inference libraries may be used in addition to those for the CPU. */
export type LlmLibrary = 'auto' | 'cpu' | 'cuda' | 'vulkan' | 'metal';

/** Accepts the names of Ollama's library folders too: "cuda_v12", "cpu_avx2", "metal_v3". */
export const parseLibrary = withForm<LlmLibrary>({ kind: 'text' }, (text, fallback) =>
  parseChoice<LlmLibrary>(['auto', 'cpu', 'cuda', 'vulkan', 'metal'])(text.replace(/_.*$/s, ''), fallback),
);

/** Whether our own matcher follows grammars, or always llama.cpp's sampler. */
export type GrammarMatcher = 'auto' | 'off';

export const parseGrammarMatcher = parseChoice<GrammarMatcher>(['auto', 'off']);

/** Whether requests need an API key; "auto" = as soon as a key exists. */
export type RequireKey = 'auto' | 'on' | 'off';

export const parseRequireKey = parseChoice<RequireKey>(['auto', 'on', 'off']);
