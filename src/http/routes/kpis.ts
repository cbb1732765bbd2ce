// HTTP room: /v1/kpis: figures of a day, of many days, and of now.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ageOf, dayJson, figuresDoc, sendFigures, sumsJson } from '../figures.ts';
import { daySchema } from '../lists.ts';
import { Problem } from '../problems.ts';
import { iso } from '../resources.ts';
import type { Room } from '../room.ts';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const dayMs = 86_400_000;

const dayQuery = Type.Object(
  { date: Type.Optional(daySchema('The day, UTC; today where absent.')) },
  { additionalProperties: false },
);
const rangeQuery = Type.Object(
  { start: daySchema('First day, UTC.'), end: daySchema('Last day, UTC.') },
  { additionalProperties: false },
);

export const kpiRoutes =
  (room: Room): FastifyPluginAsyncTypebox =>
  (app) => {
    daily(room, app);
    range(room, app);
    realtime(room, app);
    return Promise.resolve();
  };

function daily(room: Room, app: App): void {
  const docs = figuresDoc({
    operationId: 'getDailyKpis',
    summary: 'Figures of one day.',
    tag: 'figures',
    schema: 'DailyKpis',
    problems: ['validation_failed'],
  });
  app.get(
    '/kpis/daily',
    { config: { permission: 'read' }, schema: { ...docs, querystring: dayQuery } },
    async (request, reply) => {
      const date = request.query.date ?? new Date(room.client.brokerNow()).toISOString().slice(0, 10);
      const { as_of, ...day } = await room.reader.figures((figures) => figures.day(date));
      return sendFigures(room, request, reply, { content: dayJson(day), asOf: as_of });
    },
  );
}

function range(room: Room, app: App): void {
  const docs = figuresDoc({
    operationId: 'getRangeKpis',
    summary: 'Figures of each day from one to another, and of all of them together.',
    tag: 'figures',
    schema: 'RangeKpis',
    problems: ['validation_failed'],
  });
  app.get(
    '/kpis/range',
    { config: { permission: 'read' }, schema: { ...docs, querystring: rangeQuery } },
    async (request, reply) => {
      const { start, end } = request.query;
      checkRange(start, end, room.config.figuresDaysMax);
      const { as_of, days, totals } = await room.reader.figures((figures) => figures.range(start, end));
      const content = { start, end, days: days.map(dayJson), totals: sumsJson(totals) };
      const dated = { days: content.days.map((day) => ({ ...day, as_of: iso(as_of) })) };
      return sendFigures(room, request, reply, { content, asOf: as_of, dated });
    },
  );
}

function realtime(room: Room, app: App): void {
  const docs = figuresDoc({
    operationId: 'getRealtimeKpis',
    summary: 'What is under way now, and what happened today.',
    tag: 'figures',
    schema: 'RealtimeKpis',
    problems: [],
  });
  app.get('/kpis/realtime', { config: { permission: 'read' }, schema: docs }, async (request, reply) => {
    const { as_of, ...content } = await room.reader.figures((figures) => figures.realtime(ageOf(request)));
    return sendFigures(room, request, reply, { content, asOf: as_of });
  });
}

function checkRange(start: string, end: string, daysMax: number): void {
  const days = (Date.parse(end) - Date.parse(start)) / dayMs + 1;
  if (days >= 1 && days <= daysMax) return;
  const detail = days < 1 ? 'is before start' : `is more than ${daysMax} days from start`;
  throw new Problem('validation_failed', { detail: `end ${detail}.`, errors: [{ detail, pointer: '#/query/end' }] });
}
