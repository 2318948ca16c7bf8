import { z } from 'zod';

/** Longer than any random text needs to be; it crosses two processes with each request. */
const MAX_CHARACTERS = 1024;

/** Separates what is kept of requests: https://docs.vllm.ai/en/latest/design/prefix_caching/ */
export const cacheSaltSchema = z.string().min(1).max(MAX_CHARACTERS);
