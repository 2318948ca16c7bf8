export function missingTool(): Promise<string | undefined>;
export function ensureMediaOracle(options?: { readonly folder?: string }): Promise<string>;
