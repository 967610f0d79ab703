import { expect, test } from "vitest";
import type { Container, Keyed, Pod } from "../types.ts";
import { MissingObjectError } from "../watched-objects.ts";
import { type EnvSources, environmentOf, expand } from "./env.ts";

const pod = { metadata: { namespace: "ns", name: "p", uid: "u" }, spec: { containers: [] } } as unknown as Pod;
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function sources(secrets: Record<string, Record<string, string>>): EnvSources {
  const get = async (_: string, name: string): Promise<Keyed> => {
    const data = secrets[name];
    if (data === undefined) throw new MissingObjectError(`secret "${name}" not found`);
    return { data } as unknown as Keyed;
  };
  return { secret: get, configMap: get, facts: { nodeName: "n", hostIP: "1.2.3.4", podIP: "10.0.0.1" } };
}

const env = async (container: Partial<Container>, secrets = {}): Promise<Record<string, string>> =>
  Object.fromEntries(await environmentOf(pod, { name: "c", ...container }, sources(secrets)));

test("values, fields, keys and whole Secrets become variables", async () => {
  const seen = await env(
    {
      envFrom: [{ prefix: "P_", secretRef: { name: "s" } }],
      env: [
        { name: "A", value: "a" },
        { name: "B", value: "$(A)-$(NONE)-$$(A)" },
        { name: "K", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
        { name: "N", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
        { name: "O", valueFrom: { secretKeyRef: { name: "none", key: "k", optional: true } } },
      ],
    },
    { s: { k: base64("v") } },
  );
  expect(seen).toEqual({ P_k: "v", A: "a", B: "a-$(NONE)-$(A)", K: "v", N: "n" });
});

test("what is missing is named as kubelet names it", async () => {
  const key = { name: "K", valueFrom: { secretKeyRef: { name: "s", key: "k" } } };
  await expect(env({ env: [key] })).rejects.toThrow('secret "s" not found');
  await expect(env({ env: [key] }, { s: {} })).rejects.toThrow("couldn't find key k in Secret ns/s");
});

test("a doubled dollar is one", () => {
  expect(expand("$$x $(", new Map())).toBe("$x $(");
});
