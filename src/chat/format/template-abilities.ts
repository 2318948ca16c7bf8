import type { GoChatTemplate } from '../go-template/go-chat-template.ts';

/** What a template serves besides plain conversations. */
export type Ability = 'tools' | 'insert' | 'thinking';

/** As Ollama tells it from the text of a Jinja template. */
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

/** Whether the better prompts come from the GGUF's own Jinja template, where a model has a Go template as well. */
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

/** The template writes thinking tags itself, or cuts the thinking of earlier turns off their content. */
function jinjaThinks(text: string): boolean {
  if (text.includes('<think>') && text.includes('</think>')) return true;
  const cutsThinking = /content\.split\((['"])<\/think>\1\)/.test(text);
  return cutsThinking && !text.includes('reasoning_content') && !text.includes('<SPECIAL_12>');
}

const jinjaResults =
  /tool_response|tool_results|role(['"])\] == (['"])tool\2|message\.role == (['"])tool\3|ipython/;

/** The whole way of a call: from the assistant's call to the tool's result. */
function jinjaTakesResults(text: string): boolean {
  const writesCalls = text.includes('tool_calls') || text.includes('assistant_tool_call');
  return jinjaKnowsTools(text) && writesCalls && jinjaResults.test(text);
}

function goTakesResults({ fieldNames }: GoChatTemplate, text: string): boolean {
  const writesCalls = fieldNames.has('tools') && fieldNames.has('toolcalls');
  return writesCalls && /eq \.Role "tool"|tool_response|TOOL_RESULTS/.test(text);
}
