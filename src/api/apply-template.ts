/** POST /api/apply-template (not in Ollama's API): takes a chat request and returns its prompt instead of an answer. */
export interface ApplyTemplateResponse {
  model: string;
  prompt: string;
  /** True when messages or prompt tokens were dropped to fit the context. */
  prompt_truncated?: boolean;
}
