/** A word as a POSIX shell reads it back. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Flags that choose cases or say where things go: a line that repeats one case has its own. */
const DROPPED = new Set([
  "--id",
  "--grep",
  "--tags",
  "--profile",
  "--repeat",
  "--out",
  "--seed",
  "--order",
  "--behaviour",
  "--plain",
  "--workers",
]);
const WITHOUT_VALUE = new Set([
  "--plain",
  "--real-clock",
  "--slow",
  "--processes",
  "--keep-journals",
  "--keep",
  "--reuse",
  "--yes",
]);
const SEVERAL_VALUES = new Set(["--id", "--profile"]);

/**
 * The line that runs one case again as it ran in this run. Pure.
 * @param argv what followed `mountproof`, command included
 */
export function repeatLine(
  argv: readonly string[],
  one: { readonly id: string; readonly behaviour: string; readonly seed: number },
): string {
  const [command = "run", ...flags] = argv;
  const kept: string[] = [];
  for (let at = 0; at < flags.length; at++) {
    const [flag = "", inline] = (flags[at] ?? "").split(/=(.*)/s, 2);
    const isKept = !DROPPED.has(flag);
    if (isKept) kept.push(flags[at] ?? "");
    if (inline !== undefined || WITHOUT_VALUE.has(flag) || !flag.startsWith("--")) continue;
    do {
      at++;
      if (isKept && flags[at] !== undefined) kept.push(flags[at] ?? "");
    } while (SEVERAL_VALUES.has(flag) && flags[at + 1] !== undefined && !flags[at + 1]?.startsWith("--"));
  }
  const behaviour = one.behaviour === "hardened" ? [] : ["--behaviour", one.behaviour];
  return ["npx mountproof", command, ...kept, "--id", one.id, ...behaviour, "--seed", String(one.seed)]
    .map((word, index) => (index === 0 ? word : shellQuote(word)))
    .join(" ");
}
