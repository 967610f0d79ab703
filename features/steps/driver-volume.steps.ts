import { type DataTable, Given, Then } from "@cucumber/cucumber";
import { check, checkSame } from "../check.ts";
import { contentOf, pathOf } from "../world/driver/answers.ts";
import { driver } from "../world/driver/index.ts";
import type { MountproofWorld as W } from "../world.ts";

// What a container finds in the volume, and the node at its target path.

Given("the volume already holds a plain file {string}", function (this: W, name: string) {
  const facet = this.use(driver);
  check(facet.volumes.exists(), "the published volume is there", { expected: "a directory", got: "none" });
  facet.volumes.putPlainFile(name);
});
Then("the target path is not a mount", function (this: W) {
  check(!this.use(driver).volumes.isMounted(), "nothing is mounted at the target path", {
    expected: "no mount",
    got: "a mount",
  });
});
Then("the target path is a tmpfs mount", function (this: W) {
  if (this.use(driver).volumes.mounts !== "tmpfs") this.skip("mount(2) is refused here: the driver uses plain folders");
  check(this.use(driver).volumes.isMounted(), "a tmpfs is mounted at the target path", {
    expected: "a mount",
    got: "none",
  });
});
Then("the target path does not exist", function (this: W) {
  check(!this.use(driver).volumes.exists(), "the target path is not there", {
    expected: "no directory",
    got: "a directory",
  });
});
Then("the volume holds exactly the files:", function (this: W, table: DataTable) {
  const facet = this.use(driver);
  const wanted = table
    .hashes()
    .map((row) => ({ path: pathOf(row["path"] ?? ""), digest: facet.digest(contentOf(row["content"] ?? "", facet)) }));
  const got = facet.volumes.files().map(({ path, content }) => ({ path, digest: facet.digest(content) }));
  const sorted = wanted.sort((a, b) => (a.path < b.path ? -1 : 1));
  checkSame(got, sorted, "the volume's files");
});
Then("the volume holds the files with the modes:", function (this: W, table: DataTable) {
  const wanted = table.hashes().map(({ path, mode }) => `${path} ${mode}`);
  const got = this.use(driver)
    .volumes.files()
    .map(({ path, mode }) => `${path} ${mode.toString(8).padStart(4, "0")}`);
  checkSame(got, wanted.sort(), "the files' modes");
});
Then("the volume holds the file {string} with {string}", function (this: W, path: string, text: string) {
  holds(this, "vol", path, text);
});
Then("the second volume holds the file {string} with {string}", function (this: W, path: string, text: string) {
  holds(this, "more", path, text);
});
function holds(world: W, volume: string, path: string, text: string): void {
  const facet = world.use(driver);
  const found = facet.volumes.files(volume).find((file) => file.path === path);
  checkSame(
    found === undefined ? "no file" : facet.digest(found.content),
    facet.digest(Buffer.from(text)),
    `the file "${path}"`,
  );
}
Then('every name at the top of the volume is a link through "..data"', function (this: W) {
  checkSame(this.use(driver).volumes.strayNames(), [], "names that are no links through ..data");
});
Then("nothing was written outside the volume", function (this: W) {
  checkSame(this.use(driver).volumes.strays(), [], "files outside of the volume");
});
Then("the volume was not touched by the second publish", function (this: W) {
  const { touches } = this.use(driver).volumes;
  checkSame(touches.at(-1), touches.at(-2), "..data and the time of the volume's directory");
});
Then("the plain file {string} is still there", function (this: W, name: string) {
  check(this.use(driver).volumes.isPlainFile(name), "the plain file is kept", {
    expected: name,
    got: "no plain file of that name",
  });
});
Then("the reader saw whole files of one version each time", function (this: W) {
  const { observed } = this.use(driver).volumes;
  check(observed.length > 0, "the reader read something", { expected: "readings", got: observed.length });
  const mixed = observed.filter(([a, b]) => a !== b || a?.length === 0 || new Set(a).size > 2);
  checkSame(mixed.length, 0, "readings with half a file or two versions");
});
