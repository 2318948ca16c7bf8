/** A comparison as a file. */

import type { ColumnResult } from './column-result.ts';
import { type CompareSetup, optionsOf } from './setup.ts';

/** @param results one for each column; undefined = it has not run */
export function jsonExport(setup: CompareSetup, results: readonly (ColumnResult | undefined)[]): string {
  const { prompt, seed, inTurn, columns } = setup;
  const value = {
    prompt,
    seed,
    in_turn: inTurn,
    columns: columns.map((column, index) => ({
      model: column.model,
      ...(column.system !== '' && { system: column.system }),
      options: { seed, ...optionsOf(column) },
      ...(column.think !== '' && { think: column.think }),
      result: resultFields(results[index]),
    })),
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function resultFields(result: ColumnResult | undefined) {
  if (!result) return null;
  const { state, text, thinking, firstToken, figures, problem } = result;
  return {
    state,
    content: text,
    ...(thinking !== '' && { thinking }),
    ...(firstToken !== undefined && { first_token_ns: Math.round(firstToken) }),
    ...(figures && {
      prompt_eval_count: figures.promptTokens,
      eval_count: figures.tokens,
      tokens_per_second: figures.tokensPerSecond,
      total_duration: figures.total,
      done_reason: figures.reason,
    }),
    ...(problem !== undefined && { error: problem }),
  };
}

/** The texts go into fences that are longer than any in them, so that nothing in them is read as Markdown. */
export function markdownExport(setup: CompareSetup, results: readonly (ColumnResult | undefined)[]): string {
  const parts = ['# Comparison', fenced(setup.prompt)];
  for (const [index, column] of setup.columns.entries()) {
    const result = results[index];
    parts.push(`## ${index + 1}. ${oneLine(column.model)}`);
    parts.push(listOf(setup, index, result));
    if (column.system !== '') parts.push('System prompt:', fenced(column.system));
    if (result && result.thinking !== '') parts.push('Thinking:', fenced(result.thinking));
    if (result) parts.push(fenced(result.text));
  }
  return `${parts.join('\n\n')}\n`;
}

function listOf(setup: CompareSetup, index: number, result: ColumnResult | undefined): string {
  const column = setup.columns[index];
  const options = { seed: setup.seed, ...(column && optionsOf(column)) };
  const lines = [`- options: \`${JSON.stringify(options).replaceAll('`', "'")}\``];
  if (column && column.think !== '') lines.push(`- think: ${column.think}`);
  if (result?.firstToken !== undefined) {
    lines.push(`- time to first token: ${(result.firstToken / 1e6).toFixed(0)} ms`);
  }
  const speed = result?.figures?.tokensPerSecond;
  if (speed !== undefined) lines.push(`- tokens per second: ${speed.toFixed(1)}`);
  if (result?.figures) lines.push(`- tokens: ${result.figures.tokens}`);
  if (result?.problem !== undefined) lines.push(`- error: ${oneLine(result.problem)}`);
  return lines.join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}
