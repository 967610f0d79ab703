/** What is known to differ; docs/differences.md has each with its reason. */

/** Cases of random patches that leave the real server's way at some step. */
const SEEDS = new Set([
  60, 111, 163, 196, 197, 288, 322, 328, 371, 404, 438, 551, 700, 726, 893, 1138, 1422, 1515, 1537,
]);

/** Steps of scripts, by their command or by what one server says. */
const STEPS: readonly RegExp[] = [
  // A body that is too large, or nests too deeply: both refuse it, in other words.
  /^head -c 4000000 \/dev\/zero/,
  /exceeded max depth/,
  /^kubectl -n diff-d patch pod web .*\n.*pod updates may not change fields other than/,
  /-H 'impersonate-group: nobody'/,
  /as=(Table|PartialObjectMetadata);v=v1/,
  // What rules of a definition would cost, and the order in which the causes of an invalid custom resource come.
  /estimated rule cost/,
  /^kubectl -n diff-c create -f - <<X\n.*kind: Lamp, metadata: \{name: bad\}/,
];

/** @param differences of its first step that was answered in two ways, as they are told */
export function isKnownPatch(seed: number, body: unknown, differences: readonly string[]): boolean {
  return SEEDS.has(seed) || differences.every((text) => isSameInOtherOrder(text) || isOfEmptyMap(body, text));
}

/** A refused patch shows the object that it makes, and in it the fields of a container in another order. */
function isSameInOtherOrder(difference: string): boolean {
  const [, wanted = "", got = ""] = /^answer: wanted (.*), got (.*)$/s.exec(difference) ?? ["", "one", "other"];
  const words = (text: string): string => text.split(/[,{}]/).sort().join();
  return words(wanted) === words(got);
}

/** What is immutable differs for a real server from itself with an empty map where it had none. */
function isOfEmptyMap(body: unknown, difference: string): boolean {
  return (
    difference.includes("field is immutable when `immutable` is set") &&
    /"(?:data|binaryData)":\{\}/.test(JSON.stringify(body))
  );
}

/** @param step the command and what both servers said */
export function isKnownStep(step: string): boolean {
  return STEPS.some((pattern) => pattern.test(step));
}
