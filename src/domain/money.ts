// Money and quantities: integers below 2^53, multiplied and added without ever leaving that range.
import type { Money } from '../../schemas/generated.ts';

/** Most units of a tracked product that can be on hand. */
export const onHandMax = 1_000_000_000_000;

/** `a + b` for integers of at least 0; null where the sum reaches 2^53. */
export function add(a: number, b: number): number | null {
  return a > Number.MAX_SAFE_INTEGER - b ? null : a + b;
}

/** `amount * quantity` for integers of at least 0 and 1; null where the product reaches 2^53. */
export function multiply(amount: number, quantity: number): number | null {
  return amount > Math.floor(Number.MAX_SAFE_INTEGER / quantity) ? null : amount * quantity;
}

/** Price of `quantity` units; null where it reaches 2^53. */
export function times(price: Money, quantity: number): Money | null {
  const amount = multiply(price.amount, quantity);
  return amount === null ? null : { amount, currency: price.currency };
}

/** Sum of amounts of one currency; null where it reaches 2^53. */
export function sum(amounts: readonly Money[], currency: string): Money | null {
  let amount: number | null = 0;
  for (const each of amounts) {
    amount = add(amount, each.amount);
    if (amount === null) return null;
  }
  return { amount, currency };
}
