import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { programPath } from "../subjects/program-file.ts";
import { EMULATORS, type Emulator, type EmulatorName, type EmulatorSource, STORE_OF, TITLE_OF } from "./emulator.ts";

/** The variable that names an emulator's program, the program's own name, and its image when it runs as a container. */
const KNOWN: Readonly<
  Record<EmulatorName, { readonly variable: string; readonly program?: string; readonly image?: string }>
> = {
  vault: { variable: "MOUNTPROOF_VAULT", program: "vault", image: "hashicorp/vault:1.20" },
  openbao: { variable: "MOUNTPROOF_BAO", program: "bao", image: "openbao/openbao:2.4.4" },
  moto: { variable: "MOUNTPROOF_MOTO", program: "moto_server" },
  // Later ones want a token for everything.
  localstack: { variable: "MOUNTPROOF_LOCALSTACK", image: "localstack/localstack:4.12" },
};

/** How emulators are to be run: `auto` takes the programs that are there, and containers for stores that have none. */
export const WAYS = ["auto", "programs", "containers"] as const;
export type Way = (typeof WAYS)[number];

export type Found = {
  readonly emulators: readonly Emulator[];
  /** Why each of the others cannot serve. */
  readonly missing: readonly { readonly name: EmulatorName; readonly reason: string }[];
};

/** Whether a container of an image can be run, or why not. */
export type ImageCheck = (image: string) => Promise<true | string>;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Which emulators can serve here.
 * @throws MountproofError `environment` for a variable that names no program
 */
export async function findEmulators(way: Way, canRun: ImageCheck, env: Environment): Promise<Found> {
  const emulators: Emulator[] = [];
  const reasons = new Map<EmulatorName, string[]>(EMULATORS.map((name) => [name, []]));
  const add = (name: EmulatorName, source: EmulatorSource): void =>
    void emulators.push({ name, title: TITLE_OF[name], store: STORE_OF[name], source });
  for (const name of way === "containers" ? [] : EMULATORS) {
    const path = programOf(name, env);
    if (path !== undefined) add(name, { how: "program", path });
    else reasons.get(name)?.push(programReason(name));
  }
  const served = new Set(emulators.map(({ store }) => store));
  for (const name of way === "programs" ? [] : EMULATORS) {
    const { variable, image: usual } = KNOWN[name];
    const image = env[`${variable}_IMAGE`] ?? usual;
    if (way === "auto" && served.has(STORE_OF[name])) continue;
    const can = image === undefined ? "it has no image" : await canRun(image);
    if (can === true && image !== undefined) add(name, { how: "container", image });
    else reasons.get(name)?.push(String(can));
  }
  const missing = EMULATORS.filter((name) => !emulators.some((one) => one.name === name)).map((name) => ({
    name,
    reason: `${TITLE_OF[name]} cannot be run: ${reasons.get(name)?.join("; ")}`,
  }));
  return { emulators, missing };
}

function programOf(name: EmulatorName, env: Environment): string | undefined {
  const { variable, program } = KNOWN[name];
  const given = env[variable];
  if (given !== undefined && given !== "" && program !== undefined)
    return programPath(given, `${program} of ${variable}`);
  return program === undefined ? undefined : onPath(program, env["PATH"] ?? "");
}

function programReason(name: EmulatorName): string {
  const { variable, program } = KNOWN[name];
  return program === undefined ? "it has no program" : `there is no program "${program}"; name one by ${variable}`;
}

function onPath(program: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}
