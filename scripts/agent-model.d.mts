/** Length in tokens for which the model claims to be trained. */
export declare const CONTEXT: number;
/** Writes a model with random weights and SmolLM2's vocabulary. Needs the built program. */
export declare function writeAgentModel(path: string): Promise<void>;
