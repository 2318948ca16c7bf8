/** POST /api/runs/:id/answer (not in Ollama's API): the reply. */
export interface AnswerNowResponse {
  /** The ID of the request whose thinking was ended. */
  id: string;
  /** False where the answer had begun already. */
  ended: boolean;
}
