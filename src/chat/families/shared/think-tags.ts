/** The thinking tags of Qwen3, DeepSeek and the models that adopted their format. */
export const thinkTags = { start: '<think>', end: '</think>' };
