// Reading a range of a partition page by page: the next page is fetched when the one before was used up, so that a
// reader of two topics at once holds one page of each.
import type { Log, LogRecord } from '../log/port.ts';

type Page = readonly LogRecord[];

/** Pages of `[from, to)` in offset order. @throws LogError; the signal's reason when aborted */
export async function* pagesOf(
  log: Log,
  range: Parameters<Log['read']>[0],
  signal: AbortSignal,
): AsyncGenerator<Page, void, void> {
  const leaving = new AbortController();
  let offered = Promise.withResolvers<Page | null>();
  let used = Promise.withResolvers<void>();
  const reading = log
    .read(
      range,
      (records) => {
        offered.resolve(records);
        return used.promise;
      },
      AbortSignal.any([signal, leaving.signal]),
    )
    .then(() => offered.resolve(null))
    .catch((error: unknown) => {
      // Whoever left does not wait for a page any more.
      if (!leaving.signal.aborted) offered.reject(error);
    });
  try {
    for (;;) {
      const page = await offered.promise;
      if (page === null) return;
      yield page;
      offered = Promise.withResolvers();
      const { resolve } = used;
      used = Promise.withResolvers();
      resolve();
    }
  } finally {
    leaving.abort(new Error('nobody reads on'));
    used.resolve();
    await reading;
  }
}
