// Runs once after the tests on real servers.
import { closeOpened } from './global-setup.ts';

export default async function globalTeardown(): Promise<void> {
  await closeOpened();
}
