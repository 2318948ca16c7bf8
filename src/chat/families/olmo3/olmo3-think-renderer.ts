import type { Renderer } from '../family.ts';

const FIRST_32B_SYSTEM = 'You are a helpful AI assistant.';
const SYSTEM =
  'You are Olmo, a helpful AI assistant built by Ai2. Your date cutoff is December 2024, and your model weights are available at https://huggingface.co/allenai.';
const WITHOUT_FUNCTIONS = ' You do not currently have access to any functions. <functions></functions>';

/** Prompts of Olmo 3 Think, as in its model cards; those of the first 32B model state no name. It always thinks. */
export function olmo3ThinkRenderer({ isFirst32B }: { readonly isFirst32B: boolean }): Renderer {
  return {
    render({ messages }): string {
      const system = messages.find(({ role }) => role === 'system');
      const own = isFirst32B ? FIRST_32B_SYSTEM : SYSTEM;
      const opening = system ? system.content + WITHOUT_FUNCTIONS : own;
      const turns = messages
        .filter(({ role }) => role === 'user' || role === 'assistant')
        .map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
      return `<|im_start|>system\n${opening}<|im_end|>\n${turns.join('')}<|im_start|>assistant\n<think>`;
    },
  };
}
