// The topics of a ledger, with what may lie on them and the settings they must have.
import { commandNames, eventNames } from './generated.ts';

export interface Topics {
  readonly commands: string;
  readonly events: string;
  readonly deadLetters: string;
  readonly clock: string;
  readonly snapshots: string;
}

/** Names the topics of one ledger. `prefix` is `ledger` unless several ledgers share a Kafka. */
export function topicsOf(prefix: string): Topics {
  return {
    commands: `${prefix}.commands`,
    events: `${prefix}.events`,
    deadLetters: `${prefix}.dead-letters`,
    clock: `${prefix}.clock`,
    snapshots: `${prefix}.snapshots`,
  };
}

/** Subject of a record type on a topic (TopicRecordNameStrategy). */
export function subjectOf(topic: string, record: string): string {
  return `${topic}-ledger.${record}`;
}

/** Every subject of a ledger, with the record type that is registered there. */
export function subjectsOf(topics: Topics): { readonly subject: string; readonly record: string }[] {
  return [
    ...commandNames.map((record) => ({ subject: subjectOf(topics.commands, record), record })),
    ...eventNames.map((record) => ({ subject: subjectOf(topics.events, record), record })),
  ];
}

/** Settings without which the ledger refuses to run on the topics of commands and events. */
export const ledgerTopicRules = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
} as const;
