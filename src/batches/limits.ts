/** What files and batches may take, so that nobody fills the disk or the memory of a machine that is shared. */
import { GIB, MIB } from '../base/units.ts';

const DAY_S = 24 * 60 * 60;

/** The bounds of a store; tests set smaller ones. */
export interface BatchLimits {
  readonly fileBytes: number;
  readonly lines: number;
  readonly lineBytes: number;
  readonly files: number;
  readonly uploads: number;
  readonly ownerBytes: number;
  readonly unfinished: number;
  readonly kept: number;
  readonly running: number;
}

export const batchLimits: BatchLimits = {
  /** Bytes of one file: OpenAI's own limit. */
  fileBytes: 200 * MIB,
  /** Requests of one batch: OpenAI's own limit. */
  lines: 50_000,
  /** Bytes of one line: the body of one request, which has the same limit, and what stands around it. */
  lineBytes: 64 * MIB,
  /** Files of one owner, which one list shows. */
  files: 1000,
  /** Uploads of one owner at the same time: those that have begun together may exceed the bounds of all files by as many. */
  uploads: 8,
  /** Bytes of all files of one owner: ten of the largest, and their outputs. */
  ownerBytes: 8 * GIB,
  /** Batches of one owner that wait or run. */
  unfinished: 100,
  /** Batches of one owner in all. */
  kept: 10_000,
  /** Batches of different owners that run at the same time; further ones wait. */
  running: 4,
};

/** Seconds for which a file is kept unless its upload says otherwise. */
export const FILE_LIFE_S = 30 * DAY_S;
/** Problems that are reported of one input. */
export const MAX_PROBLEMS = 100;
/** Characters of a `custom_id`. */
export const MAX_CUSTOM_ID = 512;
/** Characters of a file's name that are kept. */
export const MAX_FILE_NAME = 255;
