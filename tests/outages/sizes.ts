// How long the tests of outages go on: a little in `make test`, as long as the promises say in `make soak`.

/** Whether this is `make soak`. */
const isSoak = process.env['SOAK'] === 'yes';

/** The size for `make test`, or the one for `make soak`. */
export function sized(short: number, soak: number): number {
  return isSoak ? soak : short;
}
