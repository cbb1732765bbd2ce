// A release of the ledger that decides otherwise than the one before it.
import type { PlacedCommand } from '../../schemas/records.ts';
import * as decider from '../../src/domain/decider.ts';
import type { State } from '../../src/domain/decider.ts';
import type { Decider } from '../../src/log/decider-port.ts';

/** The next release: it refuses bigger orders. Both agree on `evolve`. */
export const stricter: Decider<State> = {
  ...decider,
  decide: (state: State, command: PlacedCommand) => {
    const decision = decider.decide(state, command);
    const accepts = decision.events.some(({ type }) => type === 'OrderAccepted' || type === 'OrderPlaced');
    if (command.type !== 'PlaceOrder' || !accepts || command.data.lines.length < 2) return decision;
    const data = { reason: 'amount_too_large', detail: 'Too many lines.', product_id: null, order_id: null };
    return { events: [{ type: 'CommandRefused', data }], answer: 0, remember: true };
  },
};
