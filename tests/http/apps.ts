// Apps that each test of a file gives itself, and how they are asked.
import type { FastifyInstance } from 'fastify';
import type { Given } from './support.ts';
import { appOf, asService } from './support.ts';

/** Apps over what each test gives. */
export interface Apps {
  given(what: Given): Promise<FastifyInstance>;
  /** Ends those that were given. */
  close(): Promise<void>;
}

export function createApps(): Apps {
  const open: FastifyInstance[] = [];
  return {
    given: async (what) => {
      const app = await appOf(what);
      open.push(app);
      return app;
    },
    close: async () => {
      for (const app of open.splice(0)) await app.close();
    },
  };
}

/** Asks as a service. */
export function getAsService(app: FastifyInstance, url: string, headers: { readonly [name: string]: string } = {}) {
  return app.inject({ url, headers: { ...asService, ...headers } });
}
