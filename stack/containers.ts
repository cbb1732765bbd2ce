// placeholder
import type { Stack, StackOptions } from './stack.ts';
export function startContainers(_options: StackOptions): Promise<Stack> {
  return Promise.reject(new Error('not yet'));
}
