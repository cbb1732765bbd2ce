// Platform room: how much a replay takes at once, how long generations are kept up, and how many replays a service runs.
import { setting, whole } from './setting.ts';

export const replayLimits = {
  replayBatchMax: setting(
    'LEDGER_REPLAY_BATCH_MAX',
    whole(1, 1_000_000),
    '10000',
    'Changes of rows that a replay applies in one transaction, about.',
  ),
  replayRate: setting(
    'LEDGER_REPLAY_RATE',
    whole(0, 100_000_000),
    '0',
    'Journal records a second that a replay reads at most, where it is not told otherwise; 0: as fast as it goes.',
  ),
  replaysMax: setting(
    'LEDGER_REPLAYS_MAX',
    whole(1, 100),
    '2',
    'Replays that one service works on at the same time; more are answered 503.',
  ),
  replayHeapMbMax: setting(
    'LEDGER_REPLAY_HEAP_MB_MAX',
    whole(100, 1_000_000),
    '400',
    'MB of heap of a process that replays into tables; without a limit Node takes what the machine has. One that prints rows (--out) holds them and has none.',
  ),
  retiredFollowS: setting(
    'LEDGER_RETIRED_FOLLOW_S',
    whole(0, 31_536_000),
    '86400',
    'Seconds for which a replaced generation goes on following the journal, so that it can be activated again.',
  ),
  activationWaitMsMax: setting(
    'LEDGER_ACTIVATION_WAIT_MS_MAX',
    whole(0, 3_600_000),
    '30000',
    'Milliseconds that an activation waits until the new generation is at or past the active one.',
  ),
  generationsPollMs: setting(
    'LEDGER_GENERATIONS_POLL_MS',
    whole(10, 60_000),
    '1000',
    'Milliseconds between two looks of a projector at which generations there are to follow.',
  ),
} as const;
