/**
 * Tokens of a step that gathers several inputs. Fewer leave the cores idle; more are wasted, since an encoder compares
 * every token of a step with every other, and let a cancel and the next request wait.
 */
export const STEP_TOKENS = 512;

/** Inputs of one step; a step of this many has inputs of 16 tokens. */
export const STEP_INPUTS = 32;

/** Sequences of the context: one for each input of a step, and one for an input that takes several steps. */
export const EMBEDDING_SEQUENCES = STEP_INPUTS + 1;
