/** Settings with a few words to choose from. */
import { parseChoice, withForm } from './values.ts';

/** Whether a model may get a longer context than it was loaded with; "auto" = unless the server's context is set. */
export type ContextGrow = 'auto' | 'on' | 'off';

export const parseContextGrow = parseChoice<ContextGrow>(['auto', 'on', 'off']);

/** Which inference libraries may be used in addition to those for the CPU. */
export type LlmLibrary = 'auto' | 'cpu' | 'cuda' | 'vulkan';

/** Accepts the names of Ollama's library folders too: "cuda_v12", "cpu_avx2". */
export const parseLibrary = withForm<LlmLibrary>({ kind: 'text' }, (text, fallback) =>
  parseChoice<LlmLibrary>(['auto', 'cpu', 'cuda', 'vulkan'])(text.replace(/_.*$/s, ''), fallback),
);
