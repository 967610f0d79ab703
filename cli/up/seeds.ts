import { readFile } from "node:fs/promises";
import { MountproofError } from "../../core/index.ts";
import { parseSeed } from "../fake/options.ts";

/** A seed file has one part a store, by its name. */
export async function seedsOf(file: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (file === undefined) return {};
  const seeds = await parseSeed(file, await textOf("--seed", file));
  if (typeof seeds === "object" && seeds !== null && !Array.isArray(seeds)) return seeds as Record<string, unknown>;
  throw new MountproofError("invalid_argument", {
    message: `--seed "${file}" has no parts by the stores' names`,
    hint: "for example: vault: { write: { secret/data/app: { data: { password: x } } } }",
  });
}

/**
 * Puts in what no file can know before: `$OIDC_ISSUER` is this cluster's issuer, `$OIDC_PROVIDER` its name at AWS,
 * `$OIDC_CA` its CA. Other words with a dollar stay.
 */
export function filledIn(seed: unknown, variables: Readonly<Record<string, string>>): unknown {
  const fill = (text: string): string =>
    text.replace(/\$\{?([A-Z_]+)\}?/g, (whole, name: string) => variables[name] ?? whole);
  if (typeof seed === "string") return fill(seed);
  if (Array.isArray(seed)) return seed.map((one) => filledIn(one, variables));
  if (typeof seed !== "object" || seed === null) return seed;
  return Object.fromEntries(Object.entries(seed).map(([key, value]) => [fill(key), filledIn(value, variables)]));
}

/** The text of a file that a flag names. */
export async function textOf(flag: string, path: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: unknown) => {
    throw new MountproofError("invalid_argument", {
      message: `${flag} "${path}" cannot be read`,
      hint: "check the path",
      cause,
    });
  });
}
