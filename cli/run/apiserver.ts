import { type Assets, findAssets } from "../../clusters/apiserver/assets.ts";
import { MountproofError } from "../../core/index.ts";
import { wrong } from "../flag-values.ts";
import type { RunFlags } from "./flags.ts";

/**
 * The programs that `--cluster apiserver` runs over; undefined for the embedded server.
 * @throws MountproofError `invalid_argument` for another name or beside `--processes`, `environment` without the programs
 */
export function apiserverOf(
  { cluster, processes }: Pick<RunFlags, "cluster" | "processes">,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Assets | undefined {
  if (cluster === "embedded") return undefined;
  if (cluster !== "apiserver") throw wrong("--cluster", cluster, "one of: embedded, apiserver");
  if (processes === true)
    throw new MountproofError("invalid_argument", {
      message: "--processes runs the embedded cluster as a process, and --cluster apiserver asks for another",
    });
  const assets = findAssets(env);
  if (typeof assets !== "string") return assets;
  throw new MountproofError("environment", {
    message: `--cluster apiserver: ${assets}`,
    hint: "setup-envtest brings both programs",
  });
}
