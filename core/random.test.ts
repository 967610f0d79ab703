import { expect, test } from "vitest";
import { namedRandom } from "./random.ts";

test("a named generator depends on its seed and its name, and on nobody else's draws", () => {
  const draws = (seed: number, name: string): number[] => {
    const random = namedRandom(seed, name);
    return [random.next(), random.next()];
  };
  const first = draws(5, "shop/web");
  namedRandom(5, "shop/other").next();
  expect(draws(5, "shop/web")).toEqual(first);
  expect(draws(5, "shop/other")).not.toEqual(first);
  expect(draws(6, "shop/web")).not.toEqual(first);
});
