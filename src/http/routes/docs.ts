// HTTP room: /openapi.json, /docs (for people) and /errors (where the type of every problem leads).
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import fastifySwaggerUi from '@fastify/swagger-ui';
import { documented } from '../openapi.ts';
import type { ProblemRow } from '../problems.ts';
import { isProblemCode, Problem, problems } from '../problems.ts';

const page = {
  tag: 'service',
  open: true,
  good: { 200: { description: 'HTML.', schema: { type: 'string' }, type: 'text/html' } },
} as const;

export const docRoutes: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', uiConfig: { deepLinking: true } });
  let document: Buffer | null = null;
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    // Whoever does not read it in time then costs no memory.
    document ??= Buffer.from(JSON.stringify(app.swagger()));
    return reply.type('application/json; charset=utf-8').send(document);
  });
  app.get(
    '/errors',
    { schema: documented({ ...page, operationId: 'listErrors', summary: 'All problem codes.', problems: [] }) },
    (_request, reply) => {
      const sections = Object.entries(problems).map(([code, row]) => section(code, row));
      return reply.type('text/html; charset=utf-8').send(html('Errors', sections.join('\n')));
    },
  );
  app.get<{ Params: { code: string } }>(
    '/errors/:code',
    {
      schema: {
        ...documented({
          ...page,
          operationId: 'explainError',
          summary: 'What a problem code means.',
          problems: ['not_found'],
        }),
        params: { type: 'object', required: ['code'], properties: { code: { enum: Object.keys(problems) } } },
      },
    },
    (request, reply) => {
      const { code } = request.params;
      if (!isProblemCode(code)) throw new Problem('not_found');
      const back = '<p><a href="/errors">All codes</a></p>';
      return reply.type('text/html; charset=utf-8').send(html(code, `${section(code, problems[code])}\n${back}`));
    },
  );
};

function section(code: string, { status, title, help }: ProblemRow): string {
  const text = escape(help).replace(/`([^`]+)`/g, '<code>$1</code>');
  return `<section id="${code}"><h2><a href="/errors/${code}">${code}</a></h2><p><b>${status}</b> ${escape(title)}.</p><p>${text}</p></section>`;
}

function html(title: string, body: string): string {
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>\n<body>\n${body}\n</body></html>\n`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
