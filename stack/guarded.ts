// This side of guard.ts: the pipe through which it hears what to end and remove should this process die.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { GuardMessage } from './guard.ts';

const program = fileURLToPath(new URL('./guard.ts', import.meta.url));

export class Guard {
  readonly #child: ChildProcess;

  constructor() {
    // In a group of its own, so that an interrupt at the terminal does not end it before us.
    this.#child = spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
    this.#child.unref();
    const pipe = this.#child.stdin;
    if (pipe instanceof Socket) pipe.unref();
    // Without its guard a stack still works; only a killed owner would leave servers behind, which a person sees.
    this.#child.on('error', (error) =>
      process.stderr.write(`the guard of the stack did not start: ${error.message}\n`),
    );
    pipe?.on('error', (error) => process.stderr.write(`the guard of the stack is gone: ${error.message}\n`));
  }

  tell(message: GuardMessage): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** Nothing is left to be guarded. */
  async dismiss(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const over = once(this.#child, 'exit');
    this.#child.ref();
    this.tell({ kind: 'farewell' });
    this.#child.stdin?.end();
    await over;
  }
}
