import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { chatWorkerProgram, pooledChatWork } from '../chat/work/chat-work.ts';
import { keepingGrammars } from '../chat/work/kept-grammars.ts';
import { PdfTexts } from '../media/pdf/pdf-texts.ts';
import { PreparedMedia } from '../media/prepared-media.ts';
import { mediaLimits, mediaWorkerProgram, pooledMediaWork, pooledPdfWork } from '../media/work/media-work.ts';
import { WorkerPool } from '../workers/worker-pool.ts';

/** The processes for templates, schemas and grammars. */
export function createWorkers(logger: Logger) {
  const workers = new WorkerPool({ program: chatWorkerProgram, clock: systemClock, logger });
  return { workers, work: keepingGrammars(pooledChatWork(workers)) };
}

/** The processes for pictures, sounds and documents. */
export function createMediaWorkers(logger: Logger) {
  const workers = new WorkerPool({
    program: mediaWorkerProgram,
    clock: systemClock,
    logger,
    limits: mediaLimits,
  });
  return {
    workers,
    preparation: new PreparedMedia(pooledMediaWork(workers)),
    pdfTexts: new PdfTexts(pooledPdfWork(workers)),
  };
}
