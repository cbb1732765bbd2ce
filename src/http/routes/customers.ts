// HTTP room: /v1/customers/{customer_id}: the personal data behind the id that orders carry. A customer reaches only
// itself; for everybody else it does not exist.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { CustomerView } from '../../../projections/customers/queries.ts';
import { documented } from '../openapi.ts';
import { putCustomerBody } from '../people-schemas.ts';
import { Problem } from '../problems.ts';
import { guarded } from '../reader.ts';
import { callerOf, sendAnswer } from '../requests.ts';
import { iso } from '../resources.ts';
import type { Room } from '../room.ts';
import { customerIdSchema } from '../schemas.ts';
import { bodyProblems } from './shared.ts';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const params = Type.Object({ customer_id: customerIdSchema });
/** Nobody keeps what may be erased a moment later. */
const headers = { 'cache-control': 'no-store' };

export const customerRoutes =
  (room: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    put(room, app);
    read(room, app);
    erase(room, app);
    return Promise.resolve();
  };

function put({ customers }: Room, app: App): void {
  const answer = { description: 'The customer.', schema: 'Customer' };
  app.put(
    '/customers/:customer_id',
    {
      config: { permission: 'customers' },
      schema: {
        ...documented({
          operationId: 'putCustomer',
          summary: 'Say who a customer is; what is left out is forgotten.',
          tag: 'customers',
          good: {
            200: answer,
            201: { ...answer, description: 'The customer, known from now on.', headers: ['Location'] },
          },
          problems: [...bodyProblems, 'not_found'],
        }),
        params,
        body: putCustomerBody,
      },
    },
    async (request, reply) => {
      const id = ownIdOf(request, request.params);
      const { name = null, email = null, contact_point = null } = request.body;
      const { customer, created } = await guarded(() => customers.put(id, { name, email, contact_point }));
      const location = created ? { location: `/v1/customers/${encodeURIComponent(id)}` } : {};
      const body = customerJson(customer);
      return sendAnswer(request, reply, {
        status: created ? 'created' : 'done',
        headers: { ...headers, ...location },
        body,
      });
    },
  );
}

function read({ customers }: Room, app: App): void {
  app.get(
    '/customers/:customer_id',
    {
      config: { permission: 'customers' },
      schema: {
        ...documented({
          operationId: 'getCustomer',
          summary: 'Who a customer is.',
          tag: 'customers',
          good: { 200: { description: 'The customer.', schema: 'Customer' } },
          problems: ['not_found'],
        }),
        params,
      },
    },
    async (request, reply) => {
      const id = ownIdOf(request, request.params);
      const customer = await guarded(() => customers.find(id));
      if (customer === null) throw new Problem('not_found');
      return sendAnswer(request, reply, { status: 'done', headers, body: customerJson(customer) });
    },
  );
}

function erase({ customers }: Room, app: App): void {
  app.delete(
    '/customers/:customer_id',
    {
      config: { permission: 'customers' },
      schema: {
        ...documented({
          operationId: 'eraseCustomer',
          summary: 'Forget who a customer is. Orders keep the id and nothing else.',
          tag: 'customers',
          good: { 204: { description: 'Nothing is known of the customer.', schema: null } },
          problems: [...bodyProblems, 'not_found'],
        }),
        params,
      },
    },
    async (request, reply) => {
      const id = ownIdOf(request, request.params);
      await guarded(() => customers.erase(id));
      return sendAnswer(request, reply, { status: 'erased', headers: {}, body: null });
    },
  );
}

/** @throws Problem `not_found` for somebody else's id, whether there is such a customer or not */
function ownIdOf(request: FastifyRequest, { customer_id: id }: { readonly customer_id: string }): string {
  const { actsFor, customerId } = callerOf(request);
  if (actsFor === 'itself' && id !== customerId) throw new Problem('not_found');
  return id;
}

function customerJson(customer: CustomerView): object {
  return { ...customer, created_at: iso(customer.created_at), updated_at: iso(customer.updated_at) };
}
