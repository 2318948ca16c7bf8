/** The call markup that DeepSeek V3 and its derived models share, as published in their model cards. */
export const TEXT_START = '<｜begin▁of▁sentence｜>';
export const TEXT_END = '<｜end▁of▁sentence｜>';
export const USER = '<｜User｜>';
export const ASSISTANT = '<｜Assistant｜>';
export const CALLS_START = '<｜tool▁calls▁begin｜>';
export const CALLS_END = '<｜tool▁calls▁end｜>';
export const CALL_START = '<｜tool▁call▁begin｜>';
export const CALL_END = '<｜tool▁call▁end｜>';
export const SEPARATOR = '<｜tool▁sep｜>';
export const OUTPUTS_START = '<｜tool▁outputs▁begin｜>';
export const OUTPUTS_END = '<｜tool▁outputs▁end｜>';
export const OUTPUT_START = '<｜tool▁output▁begin｜>';
export const OUTPUT_END = '<｜tool▁output▁end｜>';
export const THINKING_START = '<think>';
export const THINKING_END = '</think>';
