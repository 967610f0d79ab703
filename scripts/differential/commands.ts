import { execFile } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { normalised } from "../../clusters/embedded/apiserver/replay/compare.ts";
import { oracleFolder } from "../../clusters/embedded/apiserver/testing/oracles.ts";
import { writeKubeConfig } from "./kubeconfig.ts";
import type { Subject } from "./servers.ts";

export type CommandDifference = {
  readonly script: string;
  readonly command: string;
  readonly real: Outcome;
  readonly embedded: Outcome;
  /** Whether the exit codes differ, or the words alone. */
  readonly isCode: boolean;
};
type Outcome = { readonly code: number; readonly text: string };

/** Runs every script of the folder on both servers, step by step; a step is what stands between empty lines. */
export async function compareCommands(
  [real, embedded]: readonly [Subject, Subject],
  folder: string,
  only?: string,
): Promise<{ readonly steps: number; readonly found: CommandDifference[] }> {
  const place = join(import.meta.dirname, "scripts");
  const names = (await readdir(place)).filter(
    (name) => name.endsWith(".sh") && (only === undefined || name === `${only}.sh`),
  );
  const found: CommandDifference[] = [];
  let steps = 0;
  for (const name of names.sort()) {
    const commands = (await readFile(join(place, name), "utf8"))
      .split(/\n\s*\n/)
      .map((one) => one.trim())
      .filter(Boolean);
    const outcomes = await Promise.all(
      [real, embedded].map(async (subject) => {
        const home = join(folder, `${subject.name}-${name}`);
        await mkdir(home, { recursive: true });
        await writeKubeConfig(join(home, "kubeconfig"), subject.config);
        const own: Outcome[] = [];
        for (const command of commands) own.push(await execute(command, home, subject));
        return own;
      }),
    );
    for (const [at, command] of commands.entries()) {
      steps++;
      const [wanted, got] = [outcomes[0]?.[at], outcomes[1]?.[at]];
      if (wanted === undefined || got === undefined) continue;
      if (wanted.code === got.code && wanted.text === got.text) continue;
      found.push({ script: name, command, real: wanted, embedded: got, isCode: wanted.code !== got.code });
    }
  }
  return { steps, found };
}

function execute(command: string, home: string, { config }: Subject): Promise<Outcome> {
  const programs = ["kubectl", "helm"].map((name) => join(oracleFolder(), name));
  const env = {
    HOME: home,
    PATH: [...programs, process.env["PATH"] ?? ""].join(":"),
    KUBECONFIG: join(home, "kubeconfig"),
    SERVER: config.server,
    // The same certificate that kubectl shows, for curl.
    CURL_HOME: home,
  };
  return new Promise((resolve) => {
    execFile("bash", ["-c", command], { cwd: home, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, text: plain(`${stdout}\n${stderr}`, config.server) });
    });
  });
}

/** Words without what every run draws anew: addresses, ages, versions, columns' widths. */
function plain(text: string, server: string): string {
  return text
    .replaceAll(server, "<server>")
    .split("\n")
    .map((line) =>
      normalised(line)
        .replace(/resourceVersion: "\d+"/g, 'resourceVersion: "<rv>"')
        .replace(/"resourceVersion": ?"\d+"/g, '"resourceVersion":"<rv>"')
        .replace(/\b(\d+[smh])+\b/g, "<age>")
        .replace(/\b\w{3} \w{3} +\d+ \d\d:\d\d:\d\d (\w+ )?\d{4}\b/g, "<date>")
        .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+\d{4}\b/g, "<date>")
        .replace(/\/tmp\/\S+/g, "<file>")
        .replace(/[ \t]+/g, " ")
        .trimEnd(),
    )
    .filter((line) => line !== "" && !/^[EWI]\d{4} /.test(line))
    .join("\n");
}
