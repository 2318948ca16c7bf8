/** Texts that several parts of the page of models show. */
import type { EstimateResponse } from '../../api/estimate.ts';
import { bytesText, countText, rateText } from '../words/format.ts';
import { words } from '../words/words.ts';
import { fitOf } from './fit.ts';

const KIBI = 1024;

/** A number of tokens: "8k", "2 000 tokens". */
export function contextText(tokens: number): string {
  if (tokens >= KIBI && tokens % KIBI === 0) return `${countText(tokens / KIBI)}k`;
  return words.value.models.tokens(countText(tokens));
}

/** Whether and how a model fits, in one line. */
export function fitText(reply: EstimateResponse, isLoaded: boolean): string {
  const text = words.value.models;
  const fit = fitOf(reply, isLoaded);
  if (fit.kind === 'loaded') return text.loadedWith(reply.slots, contextText(reply.num_ctx));
  if (fit.kind === 'fits') return text.fits(reply.slots, contextText(reply.num_ctx));
  if (fit.kind === 'reloads') return text.reloads;
  if (fit.kind === 'evicts') return text.evicts(fit.models.join(', '));
  return text.tooLarge(bytesText(fit.missingBytes));
}

export function isTooLarge(reply: EstimateResponse): boolean {
  return reply.evicts === undefined;
}

export function percentText(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

/** @param seconds rounded to what matters while somebody waits */
export function secondsText(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The rate of an answer with its unit. */
export function speedText(rate: number): string {
  return words.value.models.perSecond(rateText(rate));
}
