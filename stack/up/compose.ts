// placeholder
import type { Passwords } from '../server.ts';
import type { UpSettings } from './settings.ts';
export function composeUp(_s: UpSettings, _p: Passwords, _n: (l: string) => void): Promise<void> {
  return Promise.reject(new Error('not yet'));
}
export function composeDown(_s: UpSettings, _clean: boolean, _n: (l: string) => void): Promise<void> {
  return Promise.reject(new Error('not yet'));
}
