// Platform room: the end of a process. Whatever ends it, a signal or a bug, what runs is closed first, within a limit.
import closeWithGrace from 'close-with-grace';
import type { Config } from './config.ts';
import type { Logger } from './logger.ts';

/**
 * On SIGTERM, SIGINT or an uncaught error calls `close`, then exits: 0 after a signal, 1 after an error or where closing
 * took longer than `shutdownMsMax`.
 * @returns a function that ends the process the same way, with exit code 1
 */
export function onShutdown(
  config: Pick<Config, 'shutdownMsMax'>,
  logger: Logger,
  close: (why: string) => Promise<void>,
): () => void {
  let gaveUp = false;
  // A process that has nothing left to do ends by itself, with the exit code that it set.
  const options = { delay: config.shutdownMsMax, logger, skip: ['beforeExit' as const] };
  const { close: end } = closeWithGrace(options, async ({ signal, err }) => {
    if (err !== undefined) logger.fatal({ err }, 'uncaught error, the process ends');
    const why = signal ?? (err === undefined ? 'it gives up' : 'error');
    logger.info({ why }, 'closing');
    await close(why);
    logger.info({ why }, 'closed');
    if (gaveUp) process.exit(1);
  });
  return () => {
    if (gaveUp) return;
    gaveUp = true;
    end();
  };
}
