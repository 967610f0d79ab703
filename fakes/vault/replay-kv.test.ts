import { describe, expect, it } from "vitest";
import { OPENBAO } from "./dialect.ts";
import { differences } from "./testing/compare.ts";
import { LocalVault } from "./testing/local.ts";
import { headerOf, readRecording } from "./testing/recording.ts";

describe("the recorded KV conversation, replayed", async () => {
  const vault = new LocalVault({ dialect: OPENBAO });
  const bindings = new Map<string, string>();
  for (const step of readRecording("kv"))
    for (const exchange of step.exchanges) {
      const token = headerOf(exchange.command, "X-Vault-Token");
      const wrap = headerOf(exchange.command, "X-Vault-Wrap-TTL");
      const namespace = headerOf(exchange.command, "X-Vault-Namespace");
      const answer = await vault.call(exchange.method, exchange.url.replace(/^\/v1\//, ""), {
        token: token === undefined ? null : token === "$VT" ? "root" : token,
        ...(exchange.body === undefined ? {} : { text: exchange.body }),
        ...(namespace === undefined ? {} : { namespace }),
        headers: {
          ...(exchange.contentType === undefined ? {} : { "content-type": exchange.contentType }),
          ...(wrap === undefined ? {} : { "x-vault-wrap-ttl": wrap }),
        },
      });
      it(`step ${step.step}: ${exchange.method} ${exchange.url}`, () => {
        expect(answer.status).toBe(exchange.status);
        expect(differences(exchange.answer, answer.json, bindings)).toEqual([]);
      });
    }
});
