/**
 * Target number of tokens for a step that combines several inputs. Fewer leave the cores idle. More are wasteful,
 * because an encoder compares every token of a step with every other, and they delay a cancel and the next request.
 */
export const STEP_TOKENS = 512;

/**
 * Number of sequences in the context: 31 for the inputs of a step (which fill it at about 16 tokens each) and the one
 * described below.
 */
export const EMBEDDING_SEQUENCES = 32;

/** Maximum number of inputs in one step; one sequence is reserved for the input that takes several steps. */
export const STEP_INPUTS = EMBEDDING_SEQUENCES - 1;

/** Sequence of the one input that is computed over several steps. */
export const SPLIT_SEQUENCE = 0;
