/** Around the thinking of Qwen3, DeepSeek and all that followed them. */
export const thinkTags = { start: '<think>', end: '</think>' };
