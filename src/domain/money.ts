// Money and quantities: integers below 2^53, multiplied and added without ever leaving that range.
import type { Money } from '../../schemas/generated.ts';

/** Most units of a tracked product that can be on hand. */
export const onHandMax = 1_000_000_000_000;

/** Largest integer of a record: Avro's codec refuses 2^53 - 1, because one more could not be told from it. */
const integerMax = Number.MAX_SAFE_INTEGER - 1;

/** `a + b` for integers of at least 0; null where the sum would be too large for a record. */
export function add(a: number, b: number): number | null {
  return a > integerMax - b ? null : a + b;
}

/** `amount * quantity` for integers of at least 0 and 1; null where the product would be too large for a record. */
export function multiply(amount: number, quantity: number): number | null {
  return amount > Math.floor(integerMax / quantity) ? null : amount * quantity;
}

/** Price of `quantity` units; null where it would be too large for a record. */
export function times(price: Money, quantity: number): Money | null {
  const amount = multiply(price.amount, quantity);
  return amount === null ? null : { amount, currency: price.currency };
}

/** Sum of amounts of one currency; null where it would be too large for a record. */
export function sum(amounts: readonly Money[], currency: string): Money | null {
  let amount: number | null = 0;
  for (const each of amounts) {
    amount = add(amount, each.amount);
    if (amount === null) return null;
  }
  return { amount, currency };
}
