import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock, Scope, seconds, VirtualClock } from "../core/index.ts";
import { createHttpClient, type Fault, FaultPlan, type HttpClient, startHttpServer, withFaults } from "./index.ts";

let scope: Scope;
let faults: FaultPlan;
beforeEach(() => {
  scope = new Scope("test");
  faults = new FaultPlan();
});
afterEach(() => scope[Symbol.asyncDispose]());

async function serve(clock: RealClock | VirtualClock): Promise<{ http: HttpClient; url: string; served: string[] }> {
  const served: string[] = [];
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      handler: withFaults({ faults, clock }, (exchange) => {
        served.push(exchange.path);
        exchange.json(200, { data: "0123456789" });
      }),
    }),
  );
  return { http: scope.use(createHttpClient({ clock })), url: server.url, served };
}

const outcome = async (http: HttpClient, url: string, deadlineMs?: number): Promise<string> => {
  try {
    const { status, headers, body } = await http.request({
      method: "GET",
      url,
      ...(deadlineMs !== undefined && { deadlineMs }),
    });
    return `${status} ${headers["content-type"]} ${body.toString()}`;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

const WELL = '200 application/json {"data":"0123456789"}';

test.each<[string, Fault["effect"], string, number]>([
  [
    "status",
    { kind: "status", status: 503, headers: { "content-type": "text/plain" }, body: "down" },
    "503 text/plain down",
    0,
  ],
  ["reset", { kind: "reset" }, "unavailable", 0],
  ["partial body", { kind: "partial-body", bytes: 4 }, "unavailable", 1],
  ["empty partial body", { kind: "partial-body", bytes: 0 }, "unavailable", 1],
  ["partial body longer than the body", { kind: "partial-body", bytes: 4000 }, "unavailable", 1],
  ["content type", { kind: "content-type", contentType: "text/html" }, '200 text/html {"data":"0123456789"}', 1],
  ["content type with a body", { kind: "content-type", contentType: "text/html", body: "<p>" }, "200 text/html <p>", 1],
])("%s", async (_name, effect, expected, reached) => {
  const { http, url, served } = await serve(new RealClock());
  faults.add({ effect, times: 1 });
  expect(await outcome(http, url)).toBe(expected);
  expect(served.length).toBe(reached);
  expect(await outcome(http, url)).toBe(WELL);
});

test("latency is the clock's", async () => {
  const clock = new VirtualClock(0);
  const { http, url } = await serve(clock);
  faults.add({ effect: { kind: "latency", ms: seconds(30) } });
  let answered = "";
  const asked = outcome(http, url).then((text) => {
    answered = text;
  });
  await clock.advance(seconds(29));
  expect(answered).toBe("");
  await clock.advance(seconds(1));
  await asked;
  expect(answered).toBe(WELL);
});

test("latency beyond the caller's deadline never reaches the server", async () => {
  const clock = new VirtualClock(0);
  const { http, url, served } = await serve(clock);
  faults.add({ effect: { kind: "latency", ms: seconds(30) } });
  const asked = outcome(http, url, seconds(10));
  await clock.advance(seconds(60));
  expect(await asked).toBe("timeout");
  expect(served).toEqual([]);
  expect(clock.activity.describe()).toEqual([]);
});

test("a hang lets time pass, and goes on when the fault is removed", async () => {
  const clock = new VirtualClock(0);
  const { http, url } = await serve(clock);
  const fault = faults.add({ effect: { kind: "hang" } });
  let answered = "";
  const asked = outcome(http, url).then((text) => {
    answered = text;
  });
  await clock.advance(seconds(3600));
  expect([answered, fault.hits]).toEqual(["", 1]);
  fault.remove();
  await clock.settle();
  await asked;
  expect(answered).toBe(WELL);
  expect(faults.list()).toEqual([]);
});

test("matches by verb and path, skips and counts", () => {
  const status = { kind: "status", status: 500 } as const;
  const fault = faults.add({ match: { method: "GET", path: "/v1/*/data/a.b" }, after: 1, times: 2, effect: status });
  const meets = (method: string, path?: string): boolean =>
    faults.take({ method, ...(path !== undefined && { path }) }) !== undefined;
  expect(meets("POST", "/v1/secret/data/a.b")).toBe(false);
  expect(meets("GET", "/v1/secret/data/aXb")).toBe(false);
  expect(meets("GET")).toBe(false);
  expect([1, 2, 3, 4].map(() => meets("GET", "/v1/x/y/data/a.b"))).toEqual([false, true, true, false]);
  expect(fault.hits).toBe(2);
});

test("faults set together are met in turn", () => {
  faults.add({ times: 1, effect: { kind: "status", status: 429 } });
  faults.add({ times: 1, effect: { kind: "status", status: 503 } });
  const next = (): unknown => faults.take({ method: "GET", path: "/" })?.effect;
  expect([next(), next(), next()]).toEqual([
    { kind: "status", status: 429 },
    { kind: "status", status: 503 },
    undefined,
  ]);
});
