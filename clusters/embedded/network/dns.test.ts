import { expect, test } from "vitest";
import { answer } from "./dns.ts";

const A = 1;
const AAAA = 28;
const table: Readonly<Record<string, readonly string[]>> = {
  "vault.vault.svc.cluster.local": ["10.96.0.7"],
  "headless.default.svc.cluster.local": ["10.244.0.4", "10.244.0.5"],
};
const answerTo = async (name: string): Promise<readonly string[] | undefined> => table[name];

/** A query as a resolver sends it, with recursion desired. */
function query(name: string, type: number, opcode = 0): Buffer {
  const labels = name.split(".").flatMap((label) => [Buffer.of(label.length), Buffer.from(label)]);
  const head = Buffer.from([0xab, 0xcd, 0x01 | (opcode << 3), 0x20, 0, 1, 0, 0, 0, 0, 0, 1]);
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, type, 0, 1])]);
}
async function ask(name: string, type = A, opcode = 0): Promise<{ code: number; addresses: string[]; id: number }> {
  const sent = query(name, type, opcode);
  const reply = (await answer(sent, answerTo)) ?? Buffer.alloc(0);
  const records = reply.subarray(sent.length);
  const addresses = Array.from({ length: reply.readUInt16BE(6) }, (_, index) =>
    [...records.subarray(index * 16 + 12, index * 16 + 16)].join("."),
  );
  return { code: reply.readUInt16BE(2) & 0xf, addresses, id: reply.readUInt16BE(0) };
}

test("a name has its addresses, in any case of letters", async () => {
  expect(await ask("vault.vault.svc.cluster.local")).toEqual({ code: 0, addresses: ["10.96.0.7"], id: 0xabcd });
  expect((await ask("Vault.vault.SVC.cluster.local")).addresses).toEqual(["10.96.0.7"]);
  expect((await ask("headless.default.svc.cluster.local")).addresses).toEqual(["10.244.0.4", "10.244.0.5"]);
});

test("a name that exists has no IPv6 address, which is not the same as no such name", async () => {
  expect(await ask("vault.vault.svc.cluster.local", AAAA)).toMatchObject({ code: 0, addresses: [] });
  expect(await ask("nosuch.example")).toMatchObject({ code: 3, addresses: [] });
});

test("what is no query for a name is not answered as one", async () => {
  expect((await ask("vault.vault.svc.cluster.local", A, 5)).code).toBe(4);
  expect(await answer(Buffer.from("too short"), answerTo)).toBeUndefined();
  const cut = query("vault.vault.svc.cluster.local", A).subarray(0, 20);
  expect(await answer(cut, answerTo)).toBeUndefined();
  const answered = query("vault.vault.svc.cluster.local", A);
  answered.writeUInt16BE(0x8180, 2);
  expect(await answer(answered, answerTo)).toBeUndefined();
});
