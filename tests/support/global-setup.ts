// Runs once before the tests on real servers: opens a stack and puts its addresses into the environment, which the
// processes of the tests inherit. global-teardown.ts closes it.
import type { TestStack } from './test-stack.ts';
import { openTestStack } from './test-stack.ts';

const opened: TestStack[] = [];

export default async function globalSetup(): Promise<void> {
  const stack = await openTestStack();
  opened.push(stack);
  Object.assign(process.env, stack.env);
}

/** Closes what the setup opened. */
export async function closeOpened(): Promise<void> {
  for (const stack of opened.splice(0)) await stack.close();
}
