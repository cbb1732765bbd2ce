// Platform room: the end of a process. Whatever ends it, a signal or a bug, what runs is closed first, within a limit.
import closeWithGrace from 'close-with-grace';
import type { Config } from './config.ts';
import type { Logger } from './logger.ts';

/**
 * On SIGTERM, SIGINT or an uncaught error calls `close`, then exits: 0 after a signal, 1 after an error or where closing
 * took longer than `shutdownMsMax`.
 * @returns a function that ends the process the same way
 */
export function onShutdown(
  config: Pick<Config, 'shutdownMsMax'>,
  logger: Logger,
  close: (why: string) => Promise<void>,
): () => void {
  const { close: end } = closeWithGrace({ delay: config.shutdownMsMax, logger }, async ({ signal, err }) => {
    if (err !== undefined) logger.fatal({ err }, 'uncaught error, the process ends');
    const why = signal ?? (err === undefined ? 'asked' : 'error');
    logger.info({ why }, 'closing');
    await close(why);
    logger.info({ why }, 'closed');
  });
  return end;
}
