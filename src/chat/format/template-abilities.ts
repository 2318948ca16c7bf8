import type { GoChatTemplate } from '../go-template/go-chat-template.ts';

/** What a template supports in addition to plain conversations. */
export type Ability = 'tools' | 'insert' | 'thinking';

/** The abilities of a Jinja template, which Ollama derives from its text. */
export function jinjaAbilities(text: string): Ability[] {
  return [
    ...(jinjaKnowsTools(text) ? (['tools'] as const) : []),
    ...(jinjaThinks(text) ? (['thinking'] as const) : []),
  ];
}

export function goAbilities({ fieldNames, canInsert, thinkingTags }: GoChatTemplate): Ability[] {
  return [
    ...(fieldNames.has('tools') ? (['tools'] as const) : []),
    ...(canInsert ? (['insert'] as const) : []),
    ...(thinkingTags ? (['thinking'] as const) : []),
  ];
}

/** Whether the GGUF's own Jinja template writes better prompts than the Go template of the same model. */
export function isJinjaBetter(jinja: string, go: GoChatTemplate, goText: string): boolean {
  const ofJinja = jinjaAbilities(jinja);
  const ofGo = goAbilities(go);
  if (ofJinja.length > ofGo.length) return !goTakesResults(go, goText) || jinjaTakesResults(jinja);
  const areSame = ofJinja.length === ofGo.length && ofJinja.every((ability) => ofGo.includes(ability));
  if (!areSame || !ofGo.includes('tools')) return false;
  return jinjaTakesResults(jinja) && !goTakesResults(go, goText);
}

function jinjaKnowsTools(text: string): boolean {
  return text.includes('tools') || text.includes('tool_call');
}

/** Whether the template writes thinking tags itself, or removes the thinking from the content of earlier turns. */
function jinjaThinks(text: string): boolean {
  if (text.includes('<think>') && text.includes('</think>')) return true;
  const cutsThinking = /content\.split\((['"])<\/think>\1\)/.test(text);
  return cutsThinking && !text.includes('reasoning_content') && !text.includes('<SPECIAL_12>');
}

const jinjaResults =
  /tool_response|tool_results|role(['"])\] == (['"])tool\2|message\.role == (['"])tool\3|ipython/;

/** Whether the template supports a whole tool call: the assistant's call and the tool's result. */
function jinjaTakesResults(text: string): boolean {
  const writesCalls = text.includes('tool_calls') || text.includes('assistant_tool_call');
  return jinjaKnowsTools(text) && writesCalls && jinjaResults.test(text);
}

function goTakesResults({ fieldNames }: GoChatTemplate, text: string): boolean {
  const writesCalls = fieldNames.has('tools') && fieldNames.has('toolcalls');
  return writesCalls && /eq \.Role "tool"|tool_response|TOOL_RESULTS/.test(text);
}
