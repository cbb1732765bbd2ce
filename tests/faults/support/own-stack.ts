// Servers of a test file's own, for faults that would hurt everybody else on them.
import type { Stack, StackOptions } from '../../../stack/stack.ts';
import { startStack } from '../../../stack/stack.ts';

/** Starts a stack, and makes it the one that this test file means by its servers. */
export async function ownStack(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack(options);
  Object.assign(process.env, stack.env);
  return stack;
}
