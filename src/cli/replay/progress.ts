// CLI room: how far a replay is: a bar for each partition on a terminal, a line now and then without one, and with --json
// one object a line on standard output.
import cliProgress from 'cli-progress';
import type { OnProgress, ReplayProgress } from '../../../consumers/replay/replay.ts';

export interface Progress {
  readonly show: OnProgress;
  /** Leaves the terminal as it should be. */
  end(): void;
}

export type ProgressKind = 'bars' | 'lines' | 'json' | 'none';

const lineEveryMs = 2_000;
const jsonEveryMs = 500;

/** Which kind fits the streams of this process. */
export function progressKind(json: boolean, stderr: { readonly isTTY?: boolean }): ProgressKind {
  if (json) return 'json';
  return stderr.isTTY === true ? 'bars' : 'lines';
}

export function createProgress(kind: ProgressKind, name: string, write: (line: string) => void): Progress {
  switch (kind) {
    case 'none':
      return { show: () => undefined, end: () => undefined };
    case 'bars':
      return createBars(name);
    case 'lines':
      return createLines(lineEveryMs, (at) => write(lineOf(name, at)));
    case 'json':
      return createLines(jsonEveryMs, (at) => write(JSON.stringify({ progress: { projection: name, ...jsonOf(at) } })));
  }
}

/** One line for people. */
export function lineOf(name: string, { phase, partitions, events, eventsPerS, etaS, error }: ReplayProgress): string {
  const done = partitions.reduce((sum, { offset }) => sum + offset, 0);
  const all = partitions.reduce((sum, { end }) => sum + end, 0);
  const percent = all === 0 ? 100 : Math.floor((done / all) * 100);
  const left = etaS === null ? '' : `, ${etaS} s left`;
  const trouble = error === null ? '' : `, waiting: ${error}`;
  return `${name}: ${phase} ${percent} %, ${events} events, ${eventsPerS} events/s${left}${trouble}`;
}

export function jsonOf({ phase, partitions, events, eventsPerS, etaS, error }: ReplayProgress): object {
  return { phase, partitions, events, events_per_s: eventsPerS, eta_s: etaS, error };
}

/** At most one in `everyMs`, and every change of phase. */
function createLines(everyMs: number, write: (at: ReplayProgress) => void): Progress {
  let saidAt = -Infinity;
  let phase = '';
  return {
    show(at) {
      if (at.phase === phase && performance.now() - saidAt < everyMs) return;
      saidAt = performance.now();
      phase = at.phase;
      write(at);
    },
    end: () => undefined,
  };
}

function createBars(name: string): Progress {
  const bars = new cliProgress.MultiBar(
    {
      format: `${name} {what} [{bar}] {percentage} % {value}/{total}{rest}`,
      barsize: 28,
      hideCursor: true,
      clearOnComplete: false,
      stream: process.stderr,
    },
    cliProgress.Presets.rect,
  );
  const byPartition = new Map<number, cliProgress.SingleBar>();
  let sum: cliProgress.SingleBar | null = null;
  return {
    show(at) {
      for (const { partition, offset, end } of at.partitions) {
        const what = `partition ${partition}`.padEnd(14);
        const bar = byPartition.get(partition) ?? bars.create(end, 0, { what, rest: '' });
        byPartition.set(partition, bar);
        bar.setTotal(end);
        bar.update(offset, { what, rest: '' });
      }
      const done = at.partitions.reduce((total, { offset }) => total + offset, 0);
      const all = at.partitions.reduce((total, { end }) => total + end, 0);
      const left = at.etaS === null ? '' : `, ${at.etaS} s left`;
      const trouble = at.error === null ? '' : `, waiting: ${at.error}`;
      const payload = { what: at.phase.padEnd(14), rest: `, ${at.eventsPerS} events/s${left}${trouble}` };
      sum ??= bars.create(all, 0, payload);
      sum.setTotal(all);
      sum.update(done, payload);
    },
    end: () => bars.stop(),
  };
}
