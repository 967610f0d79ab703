import { z } from "zod";
import { MountproofError, messageOf } from "../../core/index.ts";
import type { ActiveFault, Fault, FaultPlan, HttpExchange, HttpHandler, Journal } from "../../net/index.ts";

export const CONTROL_ROOT = "/_mountproof/";
const DROPPED_HEADER = "x-mountproof-journal-dropped";

/** Puts things into a store. @throws MountproofError `invalid_argument` for a seed it cannot read */
export type Seed = (seed: unknown) => Promise<void>;

/** RFC 9110, "token" and "field-value". */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const EffectSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("latency"), ms: z.number().min(0) }),
  z.strictObject({ kind: z.literal("hang") }),
  z.strictObject({ kind: z.literal("reset") }),
  z.strictObject({
    kind: z.literal("status"),
    // What begins with 1 announces an answer and is none.
    status: z.int().min(200, "is no status of an answer: from 200 to 599").max(599),
    headers: z
      .record(
        z.string().regex(TOKEN, "is no name of a header"),
        z.string().regex(FIELD_VALUE, "is no value of a header"),
      )
      .exactOptional(),
    body: z.string().exactOptional(),
  }),
  z.strictObject({ kind: z.literal("partial-body"), bytes: z.int().min(0) }),
  z.strictObject({
    kind: z.literal("content-type"),
    contentType: z.string().regex(FIELD_VALUE),
    body: z.string().exactOptional(),
  }),
]);

const FaultSchema = z.strictObject({
  effect: EffectSchema,
  match: z
    .strictObject({
      method: z
        .string()
        .regex(
          /^([A-Z]+|\/.+)$/,
          "is an HTTP method such as POST, or the path of a gRPC method; an operation of AWS is met by path: secretsmanager/*/GetSecretValue",
        )
        .exactOptional(),
      path: z.string().exactOptional(),
    })
    .exactOptional(),
  times: z.int().min(1).exactOptional(),
  after: z.int().min(0).exactOptional(),
});

/** What only one kind of store can be told, by name: `seal`. What it returns is answered as JSON. */
export type Controls = Readonly<Record<string, (body: unknown) => unknown>>;

/**
 * The control API, the same for every fake:
 *
 * - `POST seed` puts things into the store;
 * - `GET faults`, `POST faults`, `DELETE faults`, `DELETE faults/ID` say what shall go wrong;
 * - `GET journal[?since=SEQ]` tells what was asked and answered, values left out; how many of the oldest entries are
 *   not kept any more stands in the header `x-mountproof-journal-dropped`;
 * - `POST do/NAME` is for what only this kind of store can be told.
 */
export function controlHandler(parts: {
  readonly faults: FaultPlan;
  readonly journal: Journal;
  readonly seed?: Seed;
  readonly controls?: Controls;
}): HttpHandler {
  const { faults, journal, seed, controls = {} } = parts;
  const byId = new Map<number, ActiveFault>();
  let next = 1;
  return async (exchange) => {
    const [what = "", id] = exchange.path.slice(CONTROL_ROOT.length).split("/");
    const route = `${exchange.method} ${what}`;
    try {
      switch (route) {
        case "POST seed":
          if (seed === undefined) return refuse(exchange, 501, "this store takes no seed");
          await seed(await readJson(exchange));
          return exchange.json(200, { seeded: true });
        case "GET faults":
          return exchange.json(
            200,
            [...byId].map(([key, { fault, hits }]) => ({ id: key, hits, ...fault })),
          );
        case "POST faults": {
          const result = FaultSchema.safeParse(await readJson(exchange));
          if (!result.success) return refuse(exchange, 400, z.prettifyError(result.error));
          byId.set(next, faults.add(result.data as Fault));
          return exchange.json(201, { id: next++ });
        }
        case "DELETE faults": {
          const chosen = id === undefined ? [...byId.keys()] : [Number(id)];
          for (const key of chosen) {
            const fault = byId.get(key);
            if (fault === undefined) return refuse(exchange, 404, `there is no fault "${id}"; GET faults lists them`);
            fault.remove();
            byId.delete(key);
          }
          return exchange.json(200, { removed: chosen.length });
        }
        case "POST do": {
          const control = Object.hasOwn(controls, id ?? "") ? controls[id ?? ""] : undefined;
          if (control === undefined)
            return refuse(exchange, 404, `this store has no "${id}"; it has: ${Object.keys(controls).join(", ")}`);
          return exchange.json(200, (await control(await readJson(exchange))) ?? {});
        }
        case "GET journal": {
          const since = exchange.query.get("since") ?? "0";
          if (!/^\d+$/.test(since)) return refuse(exchange, 400, `since is the number of an entry, not "${since}"`);
          return exchange.json(200, journal.entries({ since: Number(since) }), {
            [DROPPED_HEADER]: String(journal.dropped),
          });
        }
        default:
          return refuse(
            exchange,
            404,
            `the control API has no ${route}; it has POST seed; GET, POST and DELETE faults; GET journal; POST do`,
          );
      }
    } catch (error) {
      const isTheirs = error instanceof MountproofError && error.code === "invalid_argument";
      refuse(exchange, isTheirs ? 400 : 500, messageOf(error));
    }
  };
}

async function readJson(exchange: HttpExchange): Promise<unknown> {
  try {
    return JSON.parse((await exchange.body()).toString("utf8"));
  } catch {
    throw new MountproofError("invalid_argument", { message: "the body is no JSON" });
  }
}

function refuse(exchange: HttpExchange, status: number, message: string): void {
  exchange.json(status, { error: message });
}
