import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RealClock, Scope, silentLog } from "../../../core/index.ts";
import { FakeVault } from "../../../fakes/vault/index.ts";
import { Guard } from "../../guard.ts";
import { Lifeline } from "../../lifeline.ts";
import { KeptLog } from "../../subjects/kept-log.ts";
import { startEmulator } from "../index.ts";
import { type Step, VAULT_STEPS } from "./vault-steps.ts";

type Answer = { readonly status: number; readonly errors: unknown; readonly fields: readonly string[] };
type Place = { readonly url: string; readonly rootToken: string };

test("the fake answers as a real OpenBao, request by request", async ({ skip }) => {
  const path = process.env["MOUNTPROOF_BAO"];
  if (path === undefined) return skip("MOUNTPROOF_BAO names no OpenBao (the program bao)");
  const clock = new RealClock();
  await using scope = new Scope("oracle");
  const folder = await mkdtemp(join(tmpdir(), "mp-oracle-"));
  scope.defer("folder", () => rm(folder, { recursive: true, force: true }));
  const lifeline = scope.use(new Lifeline(join(folder, "run")));
  const real = scope.use(
    await startEmulator(
      { name: "openbao", title: "OpenBao", store: "vault", source: { how: "program", path } },
      { clock, folder, lifeline, log: new KeptLog({ guard: new Guard() }) },
    ),
  );
  const fake = scope.use(await new FakeVault({ clock, log: silentLog, dialect: "openbao", rootToken: "root" }).start());
  if (real.vault === undefined) throw new Error("an OpenBao tells where it is");
  const found: string[] = [];
  for (const step of VAULT_STEPS) {
    const [wanted, got] = [await ask(real.vault, step), await ask(fake, step)];
    if (JSON.stringify(wanted) !== JSON.stringify(got))
      found.push(`${step[0]} ${step[1]}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
  }
  expect(found).toEqual([]);
}, 120_000);

/** Node's own client: fetch knows no LIST. */
function ask({ url, rootToken }: Place, [method, path, { body, headers, text, token } = {}]: Step): Promise<Answer> {
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const by = token === null ? undefined : (token ?? rootToken);
  return new Promise((resolve, reject) => {
    const asked = request(
      `${url}${path.startsWith("/") ? path : `/v1/${path}`}`,
      { method, headers: { ...(by !== undefined && { "x-vault-token": by }), ...headers } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
        answer.on("end", () => {
          const got = Buffer.concat(chunks).toString("utf8");
          try {
            resolve(answerOf(answer.statusCode ?? 0, got));
          } catch (cause) {
            reject(new Error(`${url} answers ${method} ${path} with no JSON: ${got}`, { cause }));
          }
        });
      },
    );
    asked.on("error", reject);
    asked.end(sent);
  });
}

/** Values are drawn anew by each server: which fields there are, how deep they go and what is refused is not. */
function answerOf(status: number, text: string): Answer {
  const value: unknown = text === "" ? {} : JSON.parse(text);
  return { status, errors: (value as { errors?: unknown }).errors, fields: [...fieldsOf(value, "")].sort() };
}

/** `data.metadata.version: number`; of a list its first item stands for all. */
function* fieldsOf(value: unknown, at: string): Iterable<string> {
  if (Array.isArray(value)) yield* fieldsOf(value[0], `${at}[]`);
  else if (typeof value !== "object" || value === null) yield `${at}: ${value === null ? "null" : typeof value}`;
  else for (const [name, inner] of Object.entries(value)) yield* fieldsOf(inner, `${at}.${name}`);
}
