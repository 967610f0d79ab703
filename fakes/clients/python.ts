import { execFile, execFileSync } from "node:child_process";

const PYTHON = process.env["MOUNTPROOF_PYTHON"] ?? "python3";

/** Why the package cannot be used; undefined when it can. */
export function missingPackage(module: string): string | undefined {
  try {
    execFileSync(PYTHON, ["-c", `import ${module}`], { stdio: ["ignore", "ignore", "pipe"] });
    return undefined;
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    if (code === "ENOENT") return `there is no program "${PYTHON}"`;
    return `"${PYTHON}" says: ${String(stderr).trim().split("\n").at(-1)}; name another by MOUNTPROOF_PYTHON`;
  }
}

/** Runs a script and returns the JSON that it prints; rejects with what it complained about. */
export async function python(script: string, env: Readonly<Record<string, string>>): Promise<unknown> {
  return await new Promise((resolve, reject) =>
    execFile(
      PYTHON,
      ["-c", script],
      { env: { PATH: process.env["PATH"], NO_PROXY: "127.0.0.1,localhost", ...env }, timeout: 60_000 },
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout));
        else reject(new Error(`${error.message}\n${stderr.trim().split("\n").slice(-8).join("\n")}`));
      },
    ),
  );
}
