import { spawn } from "node:child_process";
import { MountproofError, seconds } from "../../../core/index.ts";
import type { OwnStore } from "../../../suite/clusters/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { clusterUnderTest } from "./remote.ts";

const NAMES = { aws: "AWS", azure: "Azure", gcp: "Google" } as const;
export type Cloud = keyof typeof NAMES;

/** A cloud's tools are given so long. */
const COMMAND_WITHIN_MS = seconds(180);
const LAST_LINES = 5;

/** The user's own store of a cloud in the cluster that the run was pointed at; undefined where none was named. */
export function ownStoreOf(world: MountproofWorld, cloud: Cloud): OwnStore | undefined {
  return clusterUnderTest(world)?.settings.stores?.[cloud];
}

export const CLOUDS = ["aws", "azure", "gcp"] as const satisfies readonly Cloud[];

/** A text of a cloud's examples in which things are called as in the user's own store; of anything else, as it is. */
export function inOwnStore(world: MountproofWorld, cloud: string, text: string): string {
  const names = cloud in NAMES ? ownStoreOf(world, cloud as Cloud)?.names : undefined;
  if (names === undefined) return text;
  // The longest first: a name may be a part of another.
  const known = Object.keys(names).toSorted((a, b) => b.length - a.length);
  if (known.length === 0) return text;
  const pattern = new RegExp(known.map(escaped).join("|"), "g");
  return text.replace(pattern, (name) => names[name] ?? name);
}

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Leaves a case that would change what is somebody's own. */
export function leaveAlone(world: MountproofWorld, cloud: Cloud): never {
  return world.skip(
    `the cluster's ${NAMES[cloud]} is somebody's own: nothing but its secrets is changed by its set-up`,
  );
}

/**
 * Has the user's command make what the guide's set-up makes, for this case: it finds the values and who asks for them in
 * its environment. What its clean-up command undoes is undone at the end of the case.
 * @throws MountproofError `environment` for a command that fails, with its last lines: the run ends, for nothing is judged
 */
export async function setUpOwnStore(
  world: MountproofWorld,
  cloud: Cloud,
  { setup, cleanup, folder }: OwnStore,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const run = async (what: "setup" | "cleanup", command: string): Promise<void> => {
    const { code, output } = await shell(command, folder, { ...process.env, ...variables });
    if (code === 0) return;
    const said = world.redact(output.trimEnd().split("\n").slice(-LAST_LINES).join("\n"), `output of ${what}`);
    const error = new MountproofError("environment", {
      message: `stores.${cloud}.${what} of the cluster's settings ended with ${code}: ${said || "it said nothing"}`,
      hint: `run by hand in "${folder}": ${command}`,
      culprit: { command },
    });
    world.run.abandon(error);
    throw error;
  };
  if (cleanup !== undefined) world.scope.defer(`clean-up of ${NAMES[cloud]}`, () => run("cleanup", cleanup));
  await run("setup", setup);
}

async function shell(
  command: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | string; readonly output: string }> {
  const child = spawn("/bin/sh", ["-c", command], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: COMMAND_WITHIN_MS,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code: code ?? signal ?? "nothing", output }));
  });
}
