import { Command } from "commander";
import { expect, test } from "vitest";
import { addRunFlags } from "../run.ts";
import { repeatLine } from "./command-line.ts";

const ONE = { id: "GUIDE-01", behaviour: "hardened", seed: 7 };

test("a case's own line keeps how it was run, and not which cases or where the report went", () => {
  const argv = [
    "e2e",
    "--tier",
    "E2",
    "--keep",
    "--profile",
    "PROVIDER-VAULT",
    "PROVIDER-AWS",
    "--out",
    "x",
    "--reuse",
  ];
  expect(repeatLine(argv, ONE)).toBe("npx mountproof e2e --tier E2 --keep --reuse --id GUIDE-01 --seed 7");
});

test("no flag without a value takes the next flag for one", () => {
  const flags = addRunFlags(new Command()).options.filter(({ required, optional }) => !required && !optional);
  expect(flags.length).toBeGreaterThan(5);
  for (const { long } of flags)
    expect(repeatLine(["e2e", String(long), "--profile", "SECURITY", "--tier", "E2"], ONE), String(long)).not.toContain(
      "SECURITY",
    );
});
