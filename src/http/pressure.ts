// HTTP room: more requests than this process can take in. They are told so at once and cheaply, because whatever is
// taken in beyond that only makes everybody wait.
import { Problem } from './problems.ts';

/**
 * Makes the check of every request on its arrival. Requests that wait to be read are read in one turn of the event
 * loop, so that a long turn is a long queue: what arrives after `turnMsMax` of it is refused. `now` is monotonic, ms.
 * The check throws Problem `overloaded`.
 */
export function createPressure(turnMsMax: number, now: () => number): () => void {
  let began: number | null = null;
  return () => {
    if (began === null) {
      began = now();
      setImmediate(() => {
        began = null;
      });
    } else if (now() - began > turnMsMax) throw new Problem('overloaded');
  };
}
