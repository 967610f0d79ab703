import { expect, test } from "vitest";
import { RealClock } from "../core/index.ts";
import { createHttpClient, createHttpTransport, startHttpServer } from "./index.ts";

test("clients share connections; the end of one ends what it has under way, and nothing of the others'", async () => {
  const clock = new RealClock();
  const ports = new Set<number | undefined>();
  const held = new Map<string, () => void>();
  const gone: string[] = [];
  const arrived = new Map(
    [`/one/held`, `/one/watch`, `/other/held`].map((path) => [path, Promise.withResolvers<void>()]),
  );
  await using server = await startHttpServer({
    clock,
    name: "test",
    handler: async (exchange) => {
      const { path, raw } = exchange;
      ports.add(raw.request.socket.remotePort);
      exchange.signal.addEventListener("abort", () => gone.push(path));
      if (path.endsWith("/watch")) exchange.stream(200).write("begun");
      else if (path.endsWith("/held")) held.set(path, () => exchange.respond(200, {}, "late"));
      else exchange.respond(200, {}, exchange.headers.authorization ?? "");
      arrived.get(path)?.resolve();
    },
  });
  await using transport = createHttpTransport({ connections: 2 });
  const one = createHttpClient({ clock, transport });
  await using other = createHttpClient({ clock, transport });
  const ask = async (client: typeof one, name: string): Promise<string> => {
    const headers = { authorization: name };
    return (await client.request({ method: "GET", url: `${server.url}/${name}`, headers })).body.toString();
  };
  expect([await ask(one, "one"), await ask(other, "other"), await ask(one, "one")]).toEqual(["one", "other", "one"]);
  await Promise.all(Array.from({ length: 8 }, (_, index) => ask(index % 2 === 0 ? one : other, "many")));
  expect(ports.size).toBe(2);

  const cut = one.request({ method: "GET", url: `${server.url}/one/held` });
  const kept = other.request({ method: "GET", url: `${server.url}/other/held` });
  const { body } = await one.stream({ method: "GET", url: `${server.url}/one/watch` });
  const watched = (async () => {
    for await (const _ of body);
  })();
  await Promise.all([...arrived.values()].map(({ promise }) => promise));
  const [cutEnd, watchEnd] = [expect(cut), expect(watched)];
  await one[Symbol.asyncDispose]();
  await cutEnd.rejects.toMatchObject({ code: "cancelled", message: expect.stringContaining("the client is closed") });
  await watchEnd.rejects.toMatchObject({ code: "cancelled" });
  await expect(ask(one, "one")).rejects.toMatchObject({ code: "cancelled" });
  held.get("/other/held")?.();
  expect((await kept).body.toString()).toBe("late");
  expect(await ask(other, "other")).toBe("other");
  expect(gone.sort()).toEqual(["/one/held", "/one/watch"]);
});

test("who asks one thing after the other has one connection, which two at once do not share", async () => {
  const ports: (number | undefined)[] = [];
  await using server = await startHttpServer({
    clock: new RealClock(),
    name: "test",
    handler: async ({ raw, respond }) => {
      ports.push(raw.request.socket.remotePort);
      respond(200, {}, "");
    },
  });
  await using client = createHttpClient({ clock: new RealClock() });
  const ask = () => client.request({ method: "GET", url: server.url });
  for (let round = 0; round < 20; round++) await ask();
  expect(new Set(ports).size).toBe(1);
  await Promise.all([ask(), ask(), ask()]);
  expect(new Set(ports).size).toBe(3);
});
