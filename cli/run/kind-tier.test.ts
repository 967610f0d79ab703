import { expect, test } from "vitest";
import { DRIVER_IMAGES } from "../../driver/index.ts";
import { otherParts } from "./kind-tier.ts";

test("an image that stands for a part is examined, one that an application runs is not", () => {
  expect(otherParts({ "myapp:latest": "busybox:1.36", busybox: "mine:1" })).toEqual([]);
  expect(otherParts({ [DRIVER_IMAGES.driver]: "upstream/driver:v1.6.0", "myapp:latest": "mine:1" })).toEqual([
    "upstream/driver:v1.6.0",
  ]);
});
