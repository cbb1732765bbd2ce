// What the writer role is given, and what it tells.
import type { PartitionWriterOptions, Rebuilt } from '../../src/log/partition-writer.ts';

export interface WriterRoleOptions<S> extends Omit<
  PartitionWriterOptions<S>,
  'partition' | 'landed' | 'restart' | 'isMember' | 'writerId' | 'alarm' | 'rebuilt'
> {
  /** Commands that a partition may hold before its delivery is paused. */
  readonly queueMax: number;
  readonly watchdogMs: number;
  readonly commitEveryMs: number;
  readonly alarm: (partition: number, alarm: unknown) => void;
  readonly rebuilt: (partition: number, figures: Rebuilt) => void;
  readonly trouble: (error: unknown) => void;
  /** Called when the watchdog gives up; the process should exit with code 1. */
  readonly stuck: (partition: number) => void;
}
