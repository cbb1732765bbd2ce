// Which member of a group owns which partition. Members keep what they own as far as the balance allows, because a
// partition that moves has to be rebuilt where it goes.

export interface GroupMember {
  readonly id: string;
  /** Partitions that the member says it owns, most recent assignment. */
  readonly owned: readonly number[];
}

/**
 * Divides partitions among members: counts differ by one at most, an owner loses a partition only where it has too
 * many. Deterministic, whatever the order of the members.
 */
export function divide(
  members: readonly GroupMember[],
  partitions: readonly number[],
): ReadonlyMap<string, readonly number[]> {
  const claims = claimsOf(members, partitions);
  const ranked = [...claims.keys()].sort((a, b) => count(claims, b) - count(claims, a) || (a < b ? -1 : 1));
  const base = Math.floor(partitions.length / ranked.length);
  const larger = partitions.length % ranked.length;
  const shares = new Map(
    ranked.map((id, rank) => [id, (claims.get(id) ?? []).slice(0, rank < larger ? base + 1 : base)]),
  );
  const taken = new Set([...shares.values()].flat());
  const free = partitions.filter((partition) => !taken.has(partition));
  ranked.forEach((id, rank) => {
    const share = shares.get(id) ?? [];
    share.push(...free.splice(0, (rank < larger ? base + 1 : base) - share.length));
  });
  return shares;
}

/** What each member may claim; of two that claim one partition, the first by id has it. */
function claimsOf(members: readonly GroupMember[], partitions: readonly number[]): Map<string, number[]> {
  const unclaimed = new Set(partitions);
  const byId = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  return new Map(
    byId.map(({ id, owned }) => [id, [...owned].sort((a, b) => a - b).filter((p) => unclaimed.delete(p))]),
  );
}

function count(claims: ReadonlyMap<string, readonly number[]>, id: string): number {
  return claims.get(id)?.length ?? 0;
}
