/** How models are loaded and computed, in which memory and on which devices. */
import { GIB } from '../../base/units.ts';
import {
  type ContextGrow,
  type DraftModels,
  type FlashAttention,
  type GrammarMatcher,
  type HugePagesChoice,
  type KvCacheType,
  type LlmLibrary,
  parseContextGrow,
  parseDraftModels,
  parseFlashAttention,
  parseGrammarMatcher,
  parseHugePages,
  parseKvCacheType,
  parseLibrary,
  parseTemplateChoice,
  type TemplateChoice,
} from '../choices.ts';
import { defaultKvCacheRam, kvCacheFolder } from '../environment.ts';
import { setting } from '../setting.ts';
import { countUpTo, parseBoolean, parseBytes, parseText } from '../values.ts';

/** 16 Mi tokens: more than any model supports, and more than any machine has memory for. */
const MAX_CONTEXT_LENGTH = 2 ** 24;

export const engineSettings = {
  contextLength: setting(
    'OLLAMA_CONTEXT_LENGTH',
    countUpTo(MAX_CONTEXT_LENGTH),
    0,
    'Context length in tokens if neither the model nor the request sets one (default auto: 2048, more for a longer prompt; 0 = auto)',
    { zero: 'auto' },
  ),
  contextGrow: setting(
    'OLLAMA_CONTEXT_GROW',
    parseContextGrow,
    'auto' as ContextGrow,
    'Whether a model is loaded again with a longer context for a prompt that does not fit: on, off or auto (default auto: on, unless OLLAMA_CONTEXT_LENGTH is set)',
  ),
  contextMax: setting(
    'OLLAMA_CONTEXT_MAX',
    countUpTo(MAX_CONTEXT_LENGTH),
    0,
    'Longest context in tokens that a prompt may cause (default auto: what the model was trained for, if it fits into memory; 0 = auto)',
    { zero: 'auto' },
  ),
  deterministic: setting(
    'OLLAMA_DETERMINISTIC',
    parseBoolean,
    false,
    'Answer the same request with the same text, whoever else is served, at a cost in speed (default off)',
  ),
  repack: setting(
    'OLLAMA_REPACK',
    parseBoolean,
    false,
    'Whether to convert weights whose type is slow on this processor when a model is loaded, for more memory (default off)',
  ),
  flashAttention: setting(
    'OLLAMA_FLASH_ATTENTION',
    parseFlashAttention,
    'auto' as FlashAttention,
    'Whether to use flash attention (default auto: where it helps)',
  ),
  draftModels: setting(
    'OLLAMA_DRAFT_MODELS',
    parseDraftModels,
    'auto' as DraftModels,
    'When draft models and predicting layers draft: auto (where measured to be faster), on or off (default auto)',
  ),
  kvCacheType: setting(
    'OLLAMA_KV_CACHE_TYPE',
    parseKvCacheType,
    'f16' as KvCacheType,
    'Data type of the KV cache: f16, q8_0 or q4_0 (default f16)',
  ),
  grammarMatcher: setting(
    'OLLAMA_GRAMMAR_MATCHER',
    parseGrammarMatcher,
    'auto' as GrammarMatcher,
    'Whether formats and grammars may use our fast matcher (default auto; off = always that of llama.cpp)',
  ),
  kvCacheFolder: setting(
    'OLLAMA_KV_CACHE_DIR',
    parseText,
    kvCacheFolder,
    'Folder for saved conversation states (default ~/.ollama/kv-cache)',
  ),
  kvCacheDiskBytes: setting(
    'OLLAMA_KV_CACHE_BUDGET',
    parseBytes,
    GIB,
    'Disk space for conversation states that survive unloads and restarts (default 1 GiB; 0 = off)',
    { zero: 'off' },
  ),
  kvCacheRamBytes: setting(
    'OLLAMA_KV_CACHE_RAM',
    parseBytes,
    defaultKvCacheRam,
    'Memory per model for idle conversations (default 10% of the memory, at most 1 GiB; 0 = off)',
    { zero: 'off' },
  ),
  keepLogits: setting(
    'OLLAMA_KEEP_LOGITS',
    parseBoolean,
    true,
    'Whether each slot keeps the result of its last prompt, so that the same prompt again is answered without computing it (default on)',
  ),
  memoryLimitBytes: setting(
    'OLLAMA_MEMORY_LIMIT',
    parseBytes,
    0,
    'Maximum memory for all models together, such as "12GiB" (default none; 0 = no limit)',
  ),
  hugePages: setting(
    'OLLAMA_HUGE_PAGES',
    parseHugePages,
    'auto' as HugePagesChoice,
    'Whether a model on the CPU is read into huge pages instead of mapped, which is faster: auto or off (default auto: where the system has them and memory allows)',
  ),
  llmLibrary: setting(
    'OLLAMA_LLM_LIBRARY',
    parseLibrary,
    'auto' as LlmLibrary,
    'Inference libraries to use: cpu, cuda, vulkan or metal (default auto: all that are installed)',
  ),
  vulkan: setting('OLLAMA_VULKAN', parseBoolean, true, 'Whether to use GPUs through Vulkan (default on)'),
  integratedGpus: setting(
    'OLLAMA_IGPU_ENABLE',
    parseBoolean,
    false,
    "Whether to use integrated GPUs, which share the system's memory (default off)",
  ),
  spread: setting(
    'OLLAMA_SCHED_SPREAD',
    parseBoolean,
    false,
    'Whether to spread each model over all GPUs (default off)',
  ),
  gpuOverheadBytes: setting(
    'OLLAMA_GPU_OVERHEAD',
    parseBytes,
    0,
    'Memory to leave free on each GPU, such as "512MB" (default none)',
    { zero: 'none' },
  ),
  templateChoice: setting(
    'OLLAMA_GO_TEMPLATE',
    parseTemplateChoice,
    'auto' as TemplateChoice,
    "Template of a model that has two: 1 = the Modelfile's TEMPLATE, 0 = the GGUF file's (default auto: the better one)",
  ),
} as const;
