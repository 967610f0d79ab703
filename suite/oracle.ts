import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { oracleFolder } from "../clusters/embedded/apiserver/testing/oracles.ts";

/**
 * A program that tests ask what is right: by `MOUNTPROOF_KUBECTL` or `MOUNTPROOF_HELM`, else what
 * scripts/oracles.ts has fetched, else from the search path.
 */
export type Oracle =
  | { readonly path: string; readonly missing?: undefined }
  | { readonly path?: undefined; readonly missing: string };

export async function oracle(name: "kubectl" | "helm"): Promise<Oracle> {
  const variable = `MOUNTPROOF_${name.toUpperCase()}`;
  const given = process.env[variable];
  const folders = [join(oracleFolder(), name), ...(process.env["PATH"] ?? "").split(delimiter)];
  const candidates = given !== undefined && given !== "" ? [given] : folders.map((folder) => join(folder, name));
  for (const path of candidates)
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return { path };
  return { missing: `${name} is not here: npm run oracles fetches it, or name one by ${variable}` };
}
