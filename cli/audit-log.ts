import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import type { AuditSink } from "../clusters/embedded/index.ts";
import { MountproofError, messageOf, type Scope } from "../core/index.ts";

/**
 * Where `--audit-log` leads: a file that grows, or the output for `-`; one Event of audit.k8s.io/v1 a line, as a real
 * server's `--audit-log-path` writes them. Undefined without a path.
 * @throws MountproofError `environment` for a file that cannot be written
 */
export async function auditLog(path: string | undefined, scope: Scope): Promise<AuditSink | undefined> {
  if (path === undefined) return undefined;
  if (path === "-") return (event) => void process.stdout.write(`${JSON.stringify(event)}\n`);
  const file = createWriteStream(resolve(path), { flags: "a", mode: 0o600 });
  try {
    await once(file, "open");
  } catch (cause) {
    throw new MountproofError("environment", {
      message: `the audit log cannot be written to "${path}": ${messageOf(cause)}`,
      hint: "name another file by --audit-log, or - for the output",
      cause,
    });
  }
  file.on("error", () => {}); // a disk that fills up later ends the log, not the cluster
  scope.defer("audit log", async () => {
    file.end();
    if (!file.closed) await once(file, "close");
  });
  return (event) => void file.write(`${JSON.stringify(event)}\n`);
}
