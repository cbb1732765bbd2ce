// Home partition of a product. The same hash as Kafka's own clients use for a record key, so that a stranger who
// produces with a default partitioner meets the same writer.

const utf8 = new TextEncoder();

/** Home partition of a product: murmur2 of the id's UTF-8, without its sign, modulo the partition count. */
export function partitionOf(productId: string, partitions: number): number {
  return (murmur2(utf8.encode(productId)) & 0x7fffffff) % partitions;
}

/** 32-bit murmur2 with Kafka's seed, as a signed integer. */
export function murmur2(bytes: Uint8Array): number {
  const mix = 0x5bd1e995;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tail = bytes.length - (bytes.length % 4);
  let hash = 0x9747b28c ^ bytes.length;
  for (let at = 0; at < tail; at += 4) {
    let word = Math.imul(view.getUint32(at, true), mix);
    word = Math.imul(word ^ (word >>> 24), mix);
    hash = Math.imul(hash, mix) ^ word;
  }
  if (tail < bytes.length) {
    for (let at = bytes.length - 1; at >= tail; at -= 1) hash ^= view.getUint8(at) << (8 * (at - tail));
    hash = Math.imul(hash, mix);
  }
  hash = Math.imul(hash ^ (hash >>> 13), mix);
  return hash ^ (hash >>> 15);
}
