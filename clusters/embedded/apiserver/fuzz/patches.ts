import { namedRandom, type Random } from "../../../../core/index.ts";
import { draw, pick, type Shape, SUBJECTS, type Subject } from "./shapes.ts";

/** One request of a case; the namespace is `default`. */
export type FuzzStep = {
  readonly method: "POST" | "PATCH" | "PUT" | "DELETE";
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly body: unknown;
};
export type FuzzCase = { readonly seed: number; readonly subject: Subject; readonly steps: readonly FuzzStep[] };

const MANAGERS = ["one", "two", "three"];
const STEPS = 5;

/** A case of a seed: an object, then patches of it in all four forms, by several managers. */
export function fuzzCase(seed: number): FuzzCase {
  const random = namedRandom(seed, "patches");
  const subject = pick(SUBJECTS, random);
  const name = `fuzz-${seed}`;
  const root = subject.apiVersion === "v1" ? "/api/v1" : `/apis/${subject.apiVersion}`;
  const collection = `${root}/namespaces/default/${subject.plural}`;
  const head = { apiVersion: subject.apiVersion, kind: subject.kind };
  const first: FuzzStep = {
    method: "POST",
    path: collection,
    query: options(random),
    contentType: "application/json",
    body: { ...head, metadata: { name }, ...subject.base },
  };
  const steps = Array.from({ length: STEPS }, () => {
    const path =
      subject.isCustom === true && random.next() < 0.15 ? `${collection}/${name}/status` : `${collection}/${name}`;
    return patchStep(subject, { ...head, metadata: { name } }, path, random);
  });
  return { seed, subject, steps: [first, ...steps] };
}

function options(random: Random): Record<string, string> {
  return {
    ...(random.next() < 0.8 && { fieldManager: pick(MANAGERS, random) }),
    ...(random.next() < 0.3 && { fieldValidation: pick(["Strict", "Warn", "Ignore"], random) }),
  };
}

function patchStep(subject: Subject, head: Record<string, unknown>, path: string, random: Random): FuzzStep {
  const query = options(random);
  const form = random.next();
  const step = (contentType: string, body: unknown, more: Record<string, string> = {}): FuzzStep => ({
    method: "PATCH",
    path,
    query: { ...query, ...more },
    contentType,
    body,
  });
  if (form < 0.4) {
    const drawn = draw(subject.shape, random) as { metadata?: object };
    const body = { ...head, ...drawn, metadata: { ...(head["metadata"] as object), ...drawn.metadata } };
    return step("application/apply-patch+yaml", body, {
      fieldManager: pick(MANAGERS, random),
      ...(random.next() < 0.4 && { force: "true" }),
    });
  }
  if (form < 0.6) return step("application/json-patch+json", jsonPatchOf(subject.shape, random));
  if (form < 0.8 || subject.isCustom === true)
    return step("application/merge-patch+json", withNulls(draw(subject.shape, random), random));
  return step(
    "application/strategic-merge-patch+json",
    withDirectives(subject.shape, draw(subject.shape, random), random),
  );
}

/** A merge patch takes away what it names null. */
function withNulls(value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, random.next() < 0.15 ? null : withNulls(inner, random)]),
  );
}

/** A strategic patch has directives as well. */
function withDirectives(shape: Shape, value: unknown, random: Random): unknown {
  if (shape.is === "list" && Array.isArray(value)) {
    const items = value.map((item) => withDirectives(shape.item, item, random));
    if (shape.key === undefined) return items;
    return items.map((item, at) => {
      const known = (value[at] as Record<string, unknown>)[shape.key ?? ""];
      const chance = random.next();
      if (chance < 0.15) return { $patch: "delete", [shape.key ?? ""]: known };
      return chance < 0.2 ? { ...(item as object), $patch: "replace" } : item;
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const result: Record<string, unknown> = {};
  const innerOf = (name: string): Shape | undefined =>
    shape.is === "object" ? shape.fields[name] : shape.is === "map" ? shape.value : undefined;
  for (const [name, inner] of Object.entries(value)) {
    const own = innerOf(name);
    result[name] = random.next() < 0.1 ? null : own === undefined ? inner : withDirectives(own, inner, random);
    if (own?.is !== "list" || !Array.isArray(inner)) continue;
    if (own.key === undefined && name === "finalizers" && random.next() < 0.4) {
      result[`$deleteFromPrimitiveList/${name}`] = [draw(own.item, random)];
      // Beside the list itself it counts before or after it, as a real server's map of fields happens to be walked.
      delete result[name];
    }
    if (own.key !== undefined && random.next() < 0.2)
      result[`$setElementOrder/${name}`] = inner.map((item) => ({
        [own.key ?? ""]: (item as Record<string, unknown>)[own.key ?? ""],
      }));
  }
  if (random.next() < 0.05) result["$patch"] = pick(["replace", "merge", "delete"], random);
  return result;
}

/** Every path of a shape, lists by index, with a way to draw a value for it. */
function pathsOf(shape: Shape, path: string): readonly (readonly [path: string, shape: Shape])[] {
  const here = path === "" ? [] : [[path, shape] as const];
  const escaped = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
  switch (shape.is) {
    case "object":
      return [
        ...here,
        ...Object.entries(shape.fields).flatMap(([name, one]) => pathsOf(one, `${path}/${escaped(name)}`)),
      ];
    case "map":
      return [...here, ...shape.keys.map((key) => [`${path}/${escaped(key)}`, shape.value] as const)];
    case "list":
      return [...here, ...["0", "1", "-"].flatMap((at) => pathsOf(shape.item, `${path}/${at}`))];
    default:
      return here;
  }
}

function jsonPatchOf(shape: Shape, random: Random): unknown {
  const paths = pathsOf(shape, "");
  const operation = (): unknown => {
    const [path, inner] = pick(paths, random);
    const [from] = pick(paths, random);
    switch (pick(["add", "add", "add", "replace", "remove", "test", "copy", "move"], random)) {
      case "add":
        return { op: "add", path, value: draw(inner, random) };
      case "replace":
        return { op: "replace", path, value: draw(inner, random) };
      case "remove":
        return { op: "remove", path };
      case "test":
        return { op: "test", path, value: draw(inner, random) };
      case "copy":
        return { op: "copy", from, path };
      default:
        return { op: "move", from, path };
    }
  };
  return Array.from({ length: random.integer(1, 3) }, operation);
}
