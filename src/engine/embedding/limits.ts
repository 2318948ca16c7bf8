/**
 * Tokens of a step that gathers several inputs. Fewer leave the cores idle; more are wasted, since an encoder compares
 * every token of a step with every other, and let a cancel and the next request wait.
 */
export const STEP_TOKENS = 512;

/** Sequences of the context: for the inputs of a step, 16 tokens long when there are as many, and the one below. */
export const EMBEDDING_SEQUENCES = 32;

/** Inputs of one step; a sequence is left for the input that takes several steps. */
export const STEP_INPUTS = EMBEDDING_SEQUENCES - 1;
