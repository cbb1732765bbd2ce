// The request headers: what each form means, and that what is malformed never throws.
import { describe, expect, test } from '@jest/globals';
import {
  etagOf,
  ifMatchPattern,
  incomingTraceId,
  noneMatches,
  parseIfMatch,
  parsePrefer,
  preferenceApplied,
  traceparentOf,
} from '../../src/http/headers.ts';
import { createSeenPositions, parsePositions } from '../../src/http/positions.ts';

describe('Prefer', () => {
  test.each([
    [undefined, false, null],
    ['', false, null],
    ['respond-async', true, null],
    ['wait=5', false, 5],
    ['Respond-Async, wait=0', true, 0],
    ['wait = "3"; foo=bar, handling=lenient', false, 3],
    ['wait=1, wait=9', false, 1],
    ['wait=-1, wait=x, wait', false, null],
  ])('%p', (header, respondAsync, waitS) => {
    expect(parsePrefer(header)).toEqual({ respondAsync, waitS });
  });

  test('what was followed is said', () => {
    expect(preferenceApplied({ respondAsync: true, waitS: 2 }, 5_000)).toBe('respond-async, wait=2');
    expect(preferenceApplied({ respondAsync: false, waitS: 60 }, 5_000)).toBe('wait=5');
    expect(preferenceApplied({ respondAsync: false, waitS: null }, 5_000)).toBeNull();
  });
});

describe('entity tags', () => {
  test('name the version and the row', () => {
    expect(etagOf({ version: 3, journal_offset: 120 })).toBe('"3.120"');
    expect(parseIfMatch('"3.120"')).toEqual([3]);
  });

  test.each([undefined, '*', ' * '])('If-Match %p takes any version', (header) => {
    expect(parseIfMatch(header)).toBeNull();
  });

  test.each<[string, readonly number[]]>([
    ['"3.120", "4.130"', [3, 4]],
    ['"3.120",\t"3.121" , "x"', [3]],
    ['"a,b", W/"5.1", "6.2"', [6]],
    ['"3"', [3]],
    ['"3", "4.120"', [3, 4]],
    ['"3."', []],
    ['W/"3.120"', []],
    ['"a.b"', []],
    ['""', []],
  ])('If-Match %p names the versions %p', (header, versions) => {
    expect(header).toMatch(new RegExp(ifMatchPattern));
    expect(parseIfMatch(header)).toEqual(versions);
  });

  test.each(['', '3', '3.120', '"3.120" "3.120"', '"3.120",', '"3.120", *', 'w/"3.120"', '"3.120'])(
    'If-Match %p is no list of entity tags',
    (header) => {
      expect(header).not.toMatch(new RegExp(ifMatchPattern));
    },
  );

  test.each([
    ['"3.120"', true],
    ['W/"3.120"', true],
    ['"1.1", "3.120"', true],
    ['*', true],
    ['"3.121"', false],
    [undefined, false],
  ])('If-None-Match %p matches: %p', (header, matches) => {
    expect(noneMatches(header, '"3.120"')).toBe(matches);
  });
});

describe('the trace of a request', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  test.each([
    [{ 'x-trace-id': 'abcd-1234' }, 'abcd-1234'],
    [{ traceparent: `00-${trace}-00f067aa0ba902b7-01` }, trace],
    [{ 'x-trace-id': 'short', traceparent: `00-${trace}-00f067aa0ba902b7-01` }, trace],
    [{ 'x-trace-id': 'bad\n{"level":60}' }, null],
    [{ 'x-trace-id': 'x'.repeat(65) }, null],
    [{ traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }, null],
    [{ traceparent: `00-${trace}-${'0'.repeat(16)}-01` }, null],
    [{ traceparent: `ff-${trace}-00f067aa0ba902b7-01` }, null],
    [{}, null],
  ])('of %p', (headers, id) => {
    expect(incomingTraceId(headers)).toBe(id);
  });

  test('travels as it came, without what a later version may add', () => {
    const parent = `00-${trace}-00f067aa0ba902b7-01`;
    expect(traceparentOf({ traceparent: parent })).toBe(parent);
    expect(traceparentOf({ traceparent: `${parent}-more` })).toBe(parent);
    expect(traceparentOf({ traceparent: `${parent}\r\nX: y` })).toBeNull();
    expect(traceparentOf({ 'x-trace-id': 'abcd-1234' })).toBeNull();
  });
});

describe('Ledger-Position', () => {
  test('becomes the next offset that a view must have applied', () => {
    expect(parsePositions('3:41', 8)).toEqual(new Map([[3, 42]]));
    expect(parsePositions('0:0, 7:9', 8)).toEqual(
      new Map([
        [0, 1],
        [7, 10],
      ]),
    );
    expect(parsePositions('1:5,1:3', 8)).toEqual(new Map([[1, 6]]));
  });

  test.each(['', '3', '3:', ':3', '8:1', '-1:1', '1:-1', '1:1.5', '1:1;2:2', '1:9999999999999999', '1:1,'.repeat(20)])(
    '%p is malformed',
    (header) => {
      expect(parsePositions(header, 8)).toBeNull();
    },
  );

  test('what was seen never goes back', () => {
    const seen = createSeenPositions(new Map([[1, 10]]));
    expect(seen.next(0)).toBe(0);
    seen.note(1, 5);
    expect(seen.next(1)).toBe(10);
    seen.note(1, 10);
    expect(seen.next(1)).toBe(11);
  });
});
