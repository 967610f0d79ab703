import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { type Clock, MountproofError, messageOf, seconds } from "../core/index.ts";
import type { Guard } from "./guard.ts";
import { KeptLog } from "./subjects/kept-log.ts";
import { endText, Program } from "./subjects/program.ts";
import type { Parameters, ProviderInputs, RotateContext, SecretValues } from "./subjects/subject.ts";

/** Where the author of a provider said what the harness cannot know; each a path, `rotate` a line for the shell. */
export type InputFiles = {
  readonly parameters?: string;
  readonly missing?: string;
  readonly rotate?: string;
  readonly secretValues?: string;
};

/** A store that needs longer than this to change a value is out of order. */
const ROTATE_WITHIN_MS = seconds(30);

const ParametersSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));
const ClassSchema = z.object({
  kind: z.literal("SecretProviderClass"),
  spec: z.object({ parameters: ParametersSchema }),
});
const ParameterSetSchema = z.union([ClassSchema.transform((manifest) => manifest.spec.parameters), ParametersSchema]);
const SecretValuesSchema = z.union([
  z.array(z.string()).min(1),
  z.record(z.string(), z.string()).refine((map) => Object.keys(map).length > 0, "names no value"),
]);

/**
 * Reads what `--parameters`, `--missing`, `--rotate` and `--secret-values` name.
 * @throws MountproofError `invalid_argument` naming flag, file and what is wrong with it
 */
export async function readInputs(files: InputFiles, clock: Clock, guard: Guard): Promise<ProviderInputs> {
  const parameters = files.parameters === undefined ? undefined : await readParameters(files.parameters);
  const missing = files.missing === undefined ? undefined : await readMissing(files.missing);
  const secretValues = files.secretValues === undefined ? undefined : await readSecretValues(files.secretValues);
  for (const value of secretValues?.values ?? []) guard.watch("secret value", value);
  const { rotate } = files;
  if (rotate !== undefined && rotate.trim() === "")
    throw new MountproofError("invalid_argument", {
      message: "--rotate names no command",
      hint: "it must change the value in the store and end with status 0",
    });
  return {
    ...(parameters !== undefined && { parameters }),
    ...(missing !== undefined && { missing }),
    ...(secretValues !== undefined && { secretValues }),
    ...(rotate !== undefined && {
      rotate: (context: RotateContext) => runRotate(rotate, context, clock, guard),
    }),
  };
}

/**
 * A file for `--parameters`: a map of text to text, a SecretProviderClass, or a list of either; YAML or JSON.
 */
export function parseParameters(flag: string, path: string, text: string): readonly [Parameters, ...Parameters[]] {
  const value = parseYaml(flag, path, text);
  const list = Array.isArray(value) ? value : [value];
  const [first, ...more] = list.map((entry, index) => {
    const result = ParameterSetSchema.safeParse(entry);
    if (!result.success)
      throw invalid(
        flag,
        path,
        `${list.length > 1 ? `entry ${index + 1} ` : ""}is no map of texts and no SecretProviderClass`,
        'write one parameter a line, as under spec.parameters: objects: "…"',
      );
    return result.data;
  });
  if (first === undefined) throw invalid(flag, path, "holds no parameters", "write one parameter a line");
  return [first, ...more];
}

/** A file for `--secret-values`: a list of values, or a map of file path to value; YAML or JSON. */
export function parseSecretValues(path: string, text: string): SecretValues {
  const result = SecretValuesSchema.safeParse(parseYaml("--secret-values", path, text));
  if (!result.success)
    throw invalid(
      "--secret-values",
      path,
      "is neither a list of values nor a map of file path to value",
      "write one value a line (- value), or path: value for the file it must be in",
    );
  const { data } = result;
  return Array.isArray(data)
    ? { values: data, byPath: new Map() }
    : { values: Object.values(data), byPath: new Map(Object.entries(data)) };
}

async function readParameters(path: string): Promise<readonly [Parameters, ...Parameters[]]> {
  return parseParameters("--parameters", path, await readText("--parameters", path));
}

async function readMissing(path: string): Promise<Parameters> {
  const [first, ...more] = parseParameters("--missing", path, await readText("--missing", path));
  if (more.length > 0) throw invalid("--missing", path, "holds several sets", "name one object that is not there");
  return first;
}

async function readSecretValues(path: string): Promise<SecretValues> {
  return parseSecretValues(path, await readText("--secret-values", path));
}

async function readText(flag: string, path: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: unknown) => {
    throw invalid(flag, path, `cannot be read: ${messageOf(cause)}`, "check the path", cause);
  });
}

function parseYaml(flag: string, path: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    // The parser's message quotes the line, which may hold a secret: its place must do.
    const place = /at line \d+, column \d+/.exec(messageOf(cause))?.[0] ?? "";
    throw invalid(flag, path, `is neither YAML nor JSON ${place}`.trim(), "check its syntax");
  }
}

function invalid(flag: string, path: string, what: string, hint: string, cause?: unknown): MountproofError {
  return new MountproofError("invalid_argument", { message: `${flag} "${path}" ${what}`, hint, cause });
}

async function runRotate(
  command: string,
  { socketPath, lifeline }: RotateContext,
  clock: Clock,
  guard: Guard,
): Promise<void> {
  await using program = await new Program({
    clock,
    name: "the rotate command",
    command,
    env: { SOCKET: socketPath },
    log: new KeptLog({ guard }),
    lifeline,
  }).start();
  using patience = clock.deadline(ROTATE_WITHIN_MS);
  const late = new Promise<"late">((resolve) =>
    patience.signal.addEventListener("abort", () => resolve("late"), { once: true }),
  );
  const end = await Promise.race([program.ended, late]);
  if (end === "late" || end.code !== 0)
    throw new MountproofError("invalid_argument", {
      message: `the --rotate command ${end === "late" ? `did not end within ${ROTATE_WITHIN_MS / 1000} s` : `ended with ${endText(end)}`}`,
      hint: program.tail().slice(-3).join(" ⏎ ") || "it must change the value in the store and end with status 0",
      culprit: { command },
    });
}
