// CLI room: the consumer groups in which the processes of a ledger share its partitions.

export interface Groups {
  readonly writer: string;
  readonly projector: string;
  readonly payments: string;
  readonly deadLetters: string;
}

export function groupsOf(topicPrefix: string): Groups {
  const group = (name: string): string => `${topicPrefix}.${name}`;
  return {
    writer: group('writer'),
    projector: group('projector'),
    payments: group('payments'),
    deadLetters: group('dead-letters-table'),
  };
}
