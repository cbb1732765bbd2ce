// How the demo shows what happens: on a terminal one line that is rewritten, elsewhere a line a second.
import type { Standing } from './sale.ts';

export interface Teller {
  say(line: string): void;
  /** Called for every answer; shows some of them. */
  show(standing: Standing): void;
  /** Leaves the last standing where it is. */
  done(): void;
}

const barWidth = 30;
const terminalEveryMs = 100;
const linesEveryMs = 1_000;

export function createTeller(out: NodeJS.WriteStream): Teller {
  const everyMs = out.isTTY ? terminalEveryMs : linesEveryMs;
  let shownAt = 0;
  let last: Standing | undefined;
  const write = (standing: Standing): void => {
    out.write(out.isTTY ? `\r\u001b[2K${lineOf(standing)}` : `${lineOf(standing)}\n`);
    last = undefined;
    shownAt = performance.now();
  };
  return {
    say: (line) => void out.write(`${line}\n`),
    show: (standing) => {
      last = standing;
      if (performance.now() - shownAt >= everyMs) write(standing);
    },
    done: () => {
      if (last !== undefined) write(last);
      if (out.isTTY && shownAt > 0) out.write('\n');
      shownAt = 0;
    },
  };
}

function lineOf({ units, buyers, sold, refused, seconds }: Standing): string {
  const filled = Math.floor((barWidth * sold) / units);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  const places = String(buyers).length;
  const figures = [sold, refused].map((value) => String(value).padStart(places));
  return `  ${seconds.toFixed(1).padStart(5)} s  ${bar}  sold ${figures[0]}  refused ${figures[1]}`;
}
