/** POST /api/apply-template (not in Ollama's API): a chat request whose prompt is wanted, not its answer. */
export interface ApplyTemplateResponse {
  model: string;
  prompt: string;
  /** True when messages or prompt tokens were left out to fit the context. */
  prompt_truncated?: boolean;
}
