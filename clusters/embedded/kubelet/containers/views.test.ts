import { expect, test } from "vitest";
import { pathRewriter } from "./views.ts";

const rewrite = pathRewriter([
  { mountPath: "/mnt/v", path: "/run/node/v" },
  { mountPath: "/mnt/v/deep", path: "/run/node/deep" },
  { mountPath: "/etc/app/", path: "/run/node/app" },
]);

test.each([
  ["/mnt/v", "/run/node/v"],
  ["cat /mnt/v/key '/mnt/v/deep/k'", "cat /run/node/v/key '/run/node/deep/k'"],
  ["a=/etc/app/x:/mnt/v", "a=/run/node/app/x:/run/node/v"],
  ["/mnt/volume /other/mnt/v ./mnt/v", "/mnt/volume /other/mnt/v ./mnt/v"],
])("paths below mounts lead to the node, others stay: %s", (text, expected) => {
  expect(rewrite(text)).toBe(expected);
});
